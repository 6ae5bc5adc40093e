from pipeline.settings import Settings
from workers.web import reachable_url, web_command


def test_the_web_server_is_reached_from_this_machine_alone_unless_told_otherwise() -> None:
    assert "--bind=127.0.0.1:8080" in web_command(Settings())
    assert "--bind=0.0.0.0:80" in web_command(Settings(host="0.0.0.0", port=80))
    assert "--bind=[::1]:8080" in web_command(Settings(host="::1"))


def test_forwarded_headers_are_believed_only_behind_a_proxy() -> None:
    assert "--forwarded-allow-ips=127.0.0.1" in web_command(Settings())
    assert "--forwarded-allow-ips=*" in web_command(Settings(trusted_proxies=1))


def test_an_address_that_means_every_interface_is_reached_as_this_machine() -> None:
    assert reachable_url(Settings(host="0.0.0.0", port=81)) == "http://127.0.0.1:81"
    assert reachable_url(Settings(host="::1")) == "http://[::1]:8080"
