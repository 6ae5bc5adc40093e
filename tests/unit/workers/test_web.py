from pipeline.settings import Settings
from workers.web import options, reachable_url


def test_the_web_server_is_reached_from_this_machine_alone_unless_told_otherwise() -> None:
    assert options(Settings())["bind"] == "127.0.0.1:8080"
    assert options(Settings(host="0.0.0.0", port=80))["bind"] == "0.0.0.0:80"
    assert options(Settings(host="::1"))["bind"] == "[::1]:8080"


def test_forwarded_headers_are_believed_only_behind_a_proxy() -> None:
    assert options(Settings())["forwarded_allow_ips"] == "127.0.0.1"
    assert options(Settings(trusted_proxies=1))["forwarded_allow_ips"] == "*"


def test_an_address_that_means_every_interface_is_reached_as_this_machine() -> None:
    assert reachable_url(Settings(host="0.0.0.0", port=81)) == "http://127.0.0.1:81"
    assert reachable_url(Settings(host="::1")) == "http://[::1]:8080"
