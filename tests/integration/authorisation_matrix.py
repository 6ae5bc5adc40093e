"""Who may do what, written down: each page, and each method of a service.

A new route or method needs a line here; the test beside this file then asks it for real as everybody there is.

    yes    let in, and answered
    no     refused for want of a role
    login  nobody is logged in
    gone   there is no such thing of this person's
    held   somebody else holds the document, or nobody does: it has to be taken first

`on` names the document of tests/world.py that is asked about; `-` is none. Behind the bar: a reviewer asks about a
document in review that they hold themselves, that a colleague holds, and that nobody does. A machine has no browser;
a stranger at a service is who is neither a person nor a part of the machine.
"""

from typing import NamedTuple

VISITORS = ("stranger", "none", "reviewer", "approver", "auditor", "administrator")
PEOPLE = ("stranger", "machine", *VISITORS[1:])
HOLDERS = ("mine", "another", "nobody")
ANSWERS = frozenset({"yes", "no", "login", "gone", "held"})


class Row(NamedTuple):
    """One line: what is asked, about which document, and what everybody is answered."""

    name: str
    on: str
    asked: tuple[str, ...]
    """By whoever the table has columns for."""
    holding: tuple[str, ...]
    """By a reviewer, for each holder of the document; empty where that makes no difference to anything."""

    def by(self, columns: tuple[str, ...]) -> dict[str, str]:
        """Return the answers under these columns."""
        answers = self.holding if columns == HOLDERS else self.asked
        return dict(zip(columns, answers, strict=True)) if answers else {}


def read(table: str, words: int, columns: tuple[str, ...]) -> dict[str, Row]:
    """Return the rows of a table whose names have that many words."""
    rows: dict[str, Row] = {}
    for line in table.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        before, _, behind = line.partition("|")
        parts = before.split()
        name, on, asked, holding = (
            " ".join(parts[:words]),
            parts[words],
            tuple(parts[words + 1 :]),
            tuple(behind.split()),
        )
        if name in rows or len(asked) != len(columns) or len(holding) not in (0, 3) or {*asked, *holding} - ANSWERS:
            raise ValueError(f"this line of the matrix cannot be read: {line}")
        rows[name] = Row(name, on, asked, holding)
    return rows


WEB = read(
    """
# Open to all                                                          on       stranger none     reviewer approver auditor  admin
POST /appearance                                                       -        yes      yes      yes      yes      yes      yes
GET  /healthz                                                          -        yes      yes      yes      yes      yes      yes
GET  /login                                                            -        yes      yes      yes      yes      yes      yes
GET  /login/single-sign-on                                             -        gone     gone     gone     gone     gone     gone
GET  /login/single-sign-on/answer                                      -        gone     gone     gone     gone     gone     gone
POST /login                                                            -        yes      yes      yes      yes      yes      yes
GET  /login/code                                                       -        yes      yes      yes      yes      yes      yes
POST /login/code                                                       -        yes      yes      yes      yes      yes      yes
GET  /readyz                                                           -        yes      yes      yes      yes      yes      yes
GET  /static/<version>/<path:name>                                     -        yes      yes      yes      yes      yes      yes

# Other systems, by tokens alone: a session opens nothing here
GET  /api/v1/documents/<int:document_id>                               mine     login    login    login    login    login    login
GET  /api/v1/exports                                                   -        login    login    login    login    login    login
POST /api/v1/files                                                     -        login    login    login    login    login    login

# One's own account                                                    on       stranger none     reviewer approver auditor  admin
GET  /account                                                          -        login    no       yes      yes      yes      yes
GET  /account/second-factor                                            -        login    no       yes      yes      yes      yes
POST /account/second-factor/confirmation                               -        login    no       yes      yes      yes      yes
POST /account/second-factor/recovery-codes                             -        login    no       yes      yes      yes      yes
POST /account/second-factor/removal                                    -        login    no       yes      yes      yes      yes
POST /account/second-factor/setup                                      -        login    no       yes      yes      yes      yes
POST /account/sessions/<session_id>/end                                -        login    no       gone     gone     gone     gone
POST /account/sessions/end-others                                      -        login    no       yes      yes      yes      yes
POST /logout                                                           -        login    yes      yes      yes      yes      yes
GET  /mentions                                                         -        login    no       yes      yes      yes      yes
POST /mentions/<int:comment_id>/reading                                -        login    no       yes      gone     gone     gone
POST /mentions/reading                                                 -        login    no       yes      yes      yes      yes
GET  /password                                                         -        login    yes      yes      yes      yes      yes
POST /password                                                         -        login    no       yes      yes      yes      yes

# Lists                                                                on       stranger none     reviewer approver auditor  admin
GET  /                                                                 -        login    yes      yes      yes      yes      yes
GET  /approvals                                                        -        login    no       yes      yes      yes      yes
GET  /approved                                                         -        login    no       yes      yes      yes      yes
GET  /files                                                            -        login    no       yes      yes      yes      yes
POST /files                                                            -        login    no       yes      yes      no       yes
GET  /queue                                                            -        login    no       yes      yes      yes      yes
POST /queue/assignment                                                 nobody   login    no       yes      no       no       no
POST /queue/next                                                       -        login    no       yes      no       no       no
POST /queue/priority                                                   nobody   login    no       yes      no       no       no
GET  /queue/pulse                                                      -        login    no       yes      yes      yes      yes
POST /queue/return                                                     mine     login    no       yes      no       no       no
GET  /queue/upcoming                                                   -        login    no       yes      no       no       no
POST /queue/views                                                      -        login    no       yes      yes      yes      yes
POST /queue/views/<int:view_id>/removal                                -        login    no       yes      gone     gone     gone
GET  /status                                                           -        login    no       yes      yes      yes      yes

# A document                                                           on       stranger none     reviewer approver auditor  admin    | mine    another  nobody
GET  /documents/<int:document_id>                                      mine     login    no       yes      yes      yes      yes      | yes     yes      yes
POST /documents/<int:document_id>/claim                                mine     login    no       yes      no       no       no       | yes     held     yes
POST /documents/<int:document_id>/claim/release                        mine     login    no       yes      no       no       no       | yes     yes      yes
POST /documents/<int:document_id>/claim/renewal                        mine     login    no       yes      no       no       no       | yes     held     held
GET  /documents/<int:document_id>/comments                             mine     login    no       yes      yes      yes      yes      | yes     yes      yes
GET  /documents/<int:document_id>/mentionable                          mine     login    no       yes      yes      yes      yes      | yes     yes      yes
POST /documents/<int:document_id>/comments                             mine     login    no       yes      yes      yes      yes      | yes     yes      yes
POST /documents/<int:document_id>/comments/<int:comment_id>/withdrawal mine     login    no       yes      no       no       no       | yes     gone     gone
POST /documents/<int:document_id>/fields/<field>/draft                 mine     login    no       yes      no       no       no       | yes     yes      yes
GET  /documents/<int:document_id>/fields/<field>/reading               mine     login    no       yes      yes      yes      yes      | yes     yes      yes
POST /documents/<int:document_id>/fields/<field>/reopening             mine     login    no       yes      no       no       no       | yes     held     held
POST /documents/<int:document_id>/fields/<field>/settlement            mine     login    no       yes      no       no       no       | yes     held     held
POST /documents/<int:document_id>/handover                             mine     login    no       yes      no       no       no       | yes     held     held
POST /documents/<int:document_id>/hold                                 mine     login    no       yes      no       no       no       | yes     held     held
POST /documents/<int:document_id>/mentions/reading                     mine     login    no       yes      yes      yes      yes      | yes     yes      yes
GET  /documents/<int:document_id>/original                             mine     login    no       yes      yes      yes      yes      | yes     yes      yes
GET  /documents/<int:document_id>/pages/<int:number>.webp              mine     login    no       yes      yes      yes      yes      | yes     yes      yes
GET  /documents/<int:document_id>/pages/<int:number>/words             mine     login    no       yes      yes      yes      yes      | yes     yes      yes
POST /documents/<int:document_id>/rejection                            mine     login    no       yes      no       no       no       | yes     held     held
POST /documents/<int:document_id>/resumption                           held     login    no       yes      no       no       no
POST /documents/<int:document_id>/retry                                failed   login    no       yes      no       no       yes
POST /documents/<int:document_id>/type                                 mine     login    no       yes      no       no       no       | yes     held     held
POST /documents/<int:document_id>/validation                           mine     login    no       yes      no       no       no       | yes     held     held
GET  /documents/<int:document_id>/words                                mine     login    no       yes      yes      yes      yes      | yes     yes      yes

# Signing                                                              on       stranger none     reviewer approver auditor  admin
POST /approvals/signatures                                             ready    login    no       no       yes      no       no
GET  /documents/<int:document_id>/approval                             ready    login    no       yes      yes      yes      yes
POST /documents/<int:document_id>/approval                             ready    login    no       no       yes      no       no
POST /documents/<int:document_id>/return                               ready    login    no       no       yes      no       no
POST /documents/<int:document_id>/revision                             approved login    no       no       yes      no       no
POST /documents/<int:document_id>/signature                            ready    login    no       no       yes      no       no

# The record                                                           on       stranger none     reviewer approver auditor  admin
GET  /audit                                                            -        login    no       no       no       yes      yes
GET  /audit/completeness                                               -        login    no       no       no       yes      yes
POST /audit/completeness                                               -        login    no       no       no       yes      yes
GET  /audit/completeness/<int:certificate_id>                          -        login    no       no       no       yes      yes
GET  /audit/completeness/<int:certificate_id>/file                     -        login    no       no       no       yes      yes
POST /audit/checkpoint                                                 -        login    no       no       no       yes      yes
GET  /audit/documents/<int:document_id>                                mine     login    no       no       no       yes      yes      | no      no       no
GET  /audit/erasure                                                    -        login    no       no       no       yes      yes
POST /audit/erasure/execution                                          -        login    no       no       no       no       yes
POST /audit/erasure/holds                                              mine     login    no       no       no       yes      yes
POST /audit/erasure/holds/<int:hold_id>/release                        -        login    no       no       no       yes      yes
POST /audit/erasure/requests                                           approved login    no       no       no       no       yes
POST /audit/erasure/requests/<int:erasure_id>/withdrawal               -        login    no       no       no       no       yes
POST /audit/evidence                                                   -        login    no       no       no       yes      yes
POST /audit/export                                                     -        login    no       no       no       yes      yes
GET  /audit/samples                                                    -        login    no       no       no       yes      yes
POST /audit/samples                                                    -        login    no       no       no       yes      yes
GET  /audit/samples/<int:sample_id>                                    -        login    no       no       no       yes      yes
POST /audit/samples/<int:sample_id>/closing                            -        login    no       no       no       yes      yes
GET  /audit/samples/<int:sample_id>/items/<int:position>               -        login    no       no       no       yes      yes
POST /audit/samples/<int:sample_id>/evidence                           -        login    no       no       no       yes      yes
POST /audit/samples/<int:sample_id>/items/<int:position>/findings      -        login    no       no       no       yes      yes
POST /audit/verification                                               -        login    no       no       no       yes      yes
GET  /audit/verify.py                                                  -        login    no       no       no       yes      yes

# Learning                                                             on       stranger none     reviewer approver auditor  admin
GET  /learning                                                         -        login    no       no       yes      yes      yes
POST /learning/automatic                                               -        login    no       no       no       no       yes
GET  /learning/models/<version>                                        -        login    no       no       yes      yes      yes
POST /learning/models/<version>/reign                                  -        login    no       no       no       no       yes
POST /learning/models/<version>/removal                                -        login    no       no       no       no       yes
POST /learning/rechecks/<int:recheck_id>/dismissal                     -        login    no       no       yes      no       no
POST /learning/rules                                                   -        login    no       no       no       no       yes
POST /learning/training                                                -        login    no       no       no       no       yes

# Administration                                                       on       stranger none     reviewer approver auditor  admin
GET  /admin/groups                                                     -        login    no       no       no       no       yes
POST /admin/groups                                                     -        login    no       no       no       no       yes
GET  /admin/groups/<int:group_id>                                      -        login    no       no       no       no       yes
POST /admin/groups/<int:group_id>                                      -        login    no       no       no       no       yes
POST /admin/groups/<int:group_id>/members                              -        login    no       no       no       no       yes
POST /admin/groups/<int:group_id>/removal                              -        login    no       no       no       no       yes
POST /admin/people/<int:user_id>/groups                                -        login    no       no       no       no       yes
GET  /admin/people                                                     -        login    no       no       no       no       yes
POST /admin/people                                                     -        login    no       no       no       no       yes
POST /admin/people/<int:user_id>/activity                              -        login    no       no       no       no       yes
POST /admin/people/<int:user_id>/password                              -        login    no       no       no       no       yes
POST /admin/people/<int:user_id>/roles                                 -        login    no       no       no       no       yes
POST /admin/people/<int:user_id>/sessions                              -        login    no       no       no       no       yes
POST /admin/people/<int:user_id>/second-factor/removal                 -        login    no       no       no       no       yes
GET  /admin/tokens                                                     -        login    no       no       no       no       yes
POST /admin/tokens                                                     -        login    no       no       no       no       yes
POST /admin/tokens/<int:token_id>/revocation                           -        login    no       no       no       no       gone
GET  /admin/policy                                                     -        login    no       yes      yes      yes      yes
POST /admin/policy                                                     -        login    no       no       no       no       yes
""",  # noqa: E501 (a table is read by its columns)
    words=2,
    columns=VISITORS,
)

METHODS = read(
    """
# Accounts                        on       stranger machine  none     reviewer approver auditor  admin
Accounts.add                      -        no       yes      no       no       no       no       yes
Accounts.change_password          -        no       no       no       yes      yes      yes      yes
Accounts.list_people              -        no       yes      no       no       no       no       yes
Accounts.reset_password           -        no       yes      no       no       no       no       yes
Accounts.set_active               -        no       yes      no       no       no       no       yes
Accounts.set_roles                -        no       yes      no       no       no       no       yes

# SecondFactors                   on       stranger machine  none     reviewer approver auditor  admin
SecondFactors.begin               -        no       no       no       yes      yes      yes      yes
SecondFactors.confirm             -        no       no       no       yes      yes      yes      yes
SecondFactors.get_own             -        no       no       no       yes      yes      yes      yes
SecondFactors.remove_own          -        no       no       no       yes      yes      yes      yes
SecondFactors.renew_recovery      -        no       no       no       yes      yes      yes      yes
SecondFactors.take_away           -        no       yes      no       no       no       no       yes

# ApiTokens                       on       stranger machine  none     reviewer approver auditor  admin
ApiTokens.create                  -        no       yes      no       no       no       no       yes
ApiTokens.list_tokens             -        no       yes      no       no       no       no       yes
ApiTokens.revoke                  -        no       gone     no       no       no       no       gone

# Sessions                        on       stranger machine  none     reviewer approver auditor  admin
Sessions.end                      -        no       no       no       gone     gone     gone     gone
Sessions.end_all_of               -        no       yes      no       no       no       no       yes
Sessions.end_others               -        no       no       no       yes      yes      yes      yes
Sessions.list_own                 -        no       no       no       yes      yes      yes      yes

# Intake                          on       stranger machine  none     reviewer approver auditor  admin
Intake.claim                      -        no       yes      no       yes      yes      no       yes
Intake.receive                    -        no       yes      no       yes      yes      no       yes
Intake.recover                    -        no       yes      no       yes      yes      no       yes

# Processing                      on       stranger machine  none     reviewer approver auditor  admin
Processing.bury                   queued   no       yes      no       no       no       no       no
Processing.due                    -        no       yes      no       no       no       no       no
Processing.process                queued   no       yes      no       no       no       no       no

# Reviewing                       on       stranger machine  none     reviewer approver auditor  admin    | mine    another  nobody
Reviewing.claim                   mine     no       no       no       yes      no       no       no       | yes     held     yes
Reviewing.explain_next            -        no       yes      no       yes      yes      yes      yes
Reviewing.find_next               -        no       yes      no       yes      yes      yes      yes
Reviewing.foresee                 mine     no       no       no       yes      no       no       no       | yes     yes      yes
Reviewing.get_document            mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes
Reviewing.get_policy              -        no       yes      no       yes      yes      yes      yes
Reviewing.handover                mine     no       no       no       yes      no       no       no       | yes     held     held
Reviewing.hold                    mine     no       no       no       yes      no       no       no       | yes     held     held
Reviewing.list_people             -        no       yes      no       yes      yes      yes      yes
Reviewing.list_people_for         mine     no       yes      no       yes      yes      yes      yes
Reviewing.list_queue              -        no       yes      no       yes      yes      yes      yes
Reviewing.list_types              -        no       yes      no       yes      yes      yes      yes
Reviewing.read_text               mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes
Reviewing.reject                  mine     no       no       no       yes      no       no       no       | yes     held     held
Reviewing.release                 mine     no       no       no       yes      no       no       no       | yes     yes      yes
Reviewing.renew                   mine     no       no       no       yes      no       no       no       | yes     held     held
Reviewing.reopen                  mine     no       no       no       yes      no       no       no       | yes     held     held
Reviewing.resume                  held     no       no       no       yes      no       no       no
Reviewing.retry                   failed   no       yes      no       yes      no       no       yes
Reviewing.retype                  mine     no       no       no       yes      no       no       no       | yes     held     held
Reviewing.settle                  mine     no       no       no       yes      no       no       no       | yes     held     held
Reviewing.validate                mine     no       no       no       yes      no       no       no       | yes     held     held

# Dispatching                     on       stranger machine  none     reviewer approver auditor  admin    | mine    another  nobody
Dispatching.assign                mine     no       no       no       yes      no       no       no       | yes     held     yes
Dispatching.give_back             mine     no       no       no       yes      no       no       no       | yes     held     held
Dispatching.prioritise            mine     no       no       no       yes      no       no       no       | yes     yes      yes
Dispatching.pulse                 -        no       yes      no       yes      yes      yes      yes

# SavedViews                      on       stranger machine  none     reviewer approver auditor  admin
SavedViews.list_views             -        no       yes      no       yes      yes      yes      yes
SavedViews.remove                 -        no       no       no       yes      gone     gone     gone
SavedViews.save                   -        no       no       no       yes      yes      yes      yes

# Marking                         on       stranger machine  none     reviewer approver auditor  admin    | mine    another  nobody
Marking.read_lines                mine     no       no       no       yes      no       no       no       | yes     yes      yes

# Drafting                        on       stranger machine  none     reviewer approver auditor  admin    | mine    another  nobody
Drafting.drop                     mine     no       no       no       yes      no       no       no       | yes     yes      yes
Drafting.keep                     mine     no       no       no       yes      no       no       no       | yes     yes      yes

# Talking                         on       stranger machine  none     reviewer approver auditor  admin    | mine    another  nobody
Talking.count_unread              -        no       yes      no       yes      yes      yes      yes
Talking.list_comments             mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes
Talking.list_mentions             -        no       yes      no       yes      yes      yes      yes
Talking.list_people               mine     no       no       no       yes      yes      yes      yes
Talking.pulse                     mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes
Talking.read_all                  -        no       no       no       yes      yes      yes      yes
Talking.read_on                   mine     no       no       no       yes      yes      yes      yes      | yes     yes      yes
Talking.read_one                  -        no       no       no       yes      gone     gone     gone
Talking.withdraw                  mine     no       no       no       yes      no       no       no       | yes     gone     gone
Talking.write                     mine     no       no       no       yes      yes      yes      yes      | yes     yes      yes

# Approving                       on       stranger machine  none     reviewer approver auditor  admin
Approving.approve                 ready    no       no       no       no       yes      no       no
Approving.approve_many            ready    no       no       no       no       yes      no       no
Approving.get_signing             ready    no       yes      no       yes      yes      yes      yes
Approving.list_ready              -        no       yes      no       yes      yes      yes      yes
Approving.revoke                  ready    no       no       no       no       yes      no       no
Approving.send_back               ready    no       no       no       no       yes      no       no
Approving.supersede               approved no       no       no       no       yes      no       no

# Delivering                      on       stranger machine  none     reviewer approver auditor  admin
Delivering.deliver                approved no       yes      no       no       no       no       no
Delivering.due                    -        no       yes      no       no       no       no       no
Delivering.tidy                   -        no       yes      no       no       no       no       no

# Learning                        on       stranger machine  none     reviewer approver auditor  admin
Learning.bury                     -        no       yes      no       no       no       no       no
Learning.reread                   -        no       yes      no       no       no       no       no
Learning.ring_due                 -        no       yes      no       no       no       no       no
Learning.teach                    -        no       yes      no       no       no       no       yes
Learning.train                    -        no       yes      no       no       no       no       no

# Championing                     on       stranger machine  none     reviewer approver auditor  admin
Championing.champion              -        no       yes      no       yes      yes      yes      yes
Championing.dismiss               -        no       no       no       no       yes      no       no
Championing.get_model             -        no       yes      no       no       yes      yes      yes
Championing.overview              -        no       yes      no       no       yes      yes      yes
Championing.promote               -        no       yes      no       no       no       no       yes
Championing.remove                -        no       yes      no       no       no       no       yes
Championing.roll_back             -        no       yes      no       no       no       no       yes
Championing.roll_back_to_rules    -        no       yes      no       no       no       no       yes
Championing.set_automatic         -        no       yes      no       no       no       no       yes
Championing.train_again           -        no       yes      no       no       no       no       yes

# Sweeping                        on       stranger machine  none     reviewer approver auditor  admin
Sweeping.sweep                    -        no       yes      no       no       no       no       no

# Clearing                        on       stranger machine  none     reviewer approver auditor  admin
Clearing.finish                   -        no       yes      no       no       no       no       no
Clearing.list_unfinished          -        no       yes      no       no       no       no       no
Clearing.repeat_lost              -        no       yes      no       no       no       no       no

# Erasures                        on       stranger machine  none     reviewer approver auditor  admin
Erasures.get_remains              mine     no       yes      no       no       no       yes      yes
Erasures.overview                 -        no       no       no       no       no       yes      yes

# Erasing                         on       stranger machine  none     reviewer approver auditor  admin
Erasing.execute                   -        no       no       no       no       no       no       yes
Erasing.execute_many              -        no       no       no       no       no       no       yes
Erasing.request                   approved no       no       no       no       no       no       yes
Erasing.request_file              -        no       no       no       no       no       no       yes
Erasing.request_many              approved no       no       no       no       no       no       yes
Erasing.withdraw                  -        no       no       no       no       no       no       yes

# LegalHolds                      on       stranger machine  none     reviewer approver auditor  admin
LegalHolds.place                  mine     no       no       no       no       no       yes      yes
LegalHolds.release                -        no       no       no       no       no       yes      yes

# Pages                           on       stranger machine  none     reviewer approver auditor  admin    | mine    another  nobody
Pages.all_words                   mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes
Pages.image                       mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes
Pages.original                    mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes
Pages.words                       mine     no       yes      no       yes      yes      yes      yes      | yes     yes      yes

# Files                           on       stranger machine  none     reviewer approver auditor  admin
Files.find_document               -        no       yes      no       yes      yes      yes      yes
Files.list_files                  -        no       yes      no       yes      yes      yes      yes

# Grouping                        on       stranger machine  none     reviewer approver auditor  admin
Grouping.add                      -        no       yes      no       no       no       no       yes
Grouping.change                   -        no       yes      no       no       no       no       yes
Grouping.get_group                -        no       yes      no       no       no       no       yes
Grouping.list_groups              -        no       yes      no       no       no       no       yes
Grouping.remove                   -        no       yes      no       no       no       no       yes
Grouping.set_groups               -        no       yes      no       no       no       no       yes
Grouping.set_members              -        no       yes      no       no       no       no       yes

# Policies                        on       stranger machine  none     reviewer approver auditor  admin
Policies.change                   -        no       yes      no       no       no       no       yes
Policies.get_current              -        no       yes      no       yes      yes      yes      yes

# Auditing                        on       stranger machine  none     reviewer approver auditor  admin    | mine    another  nobody
Auditing.export                   -        no       yes      no       no       no       yes      yes
Auditing.get_verifier             -        no       yes      no       no       no       yes      yes
Auditing.history                  mine     no       yes      no       no       no       yes      yes      | no      no       no
Auditing.list_events              -        no       yes      no       no       no       yes      yes
Auditing.verify                   -        no       yes      no       no       no       yes      yes

# Checkpointing                   on       stranger machine  none     reviewer approver auditor  admin
Checkpointing.is_due              -        no       yes      no       no       no       no       no
Checkpointing.list_keys           -        no       yes      no       no       no       yes      yes
Checkpointing.list_stamped        -        no       yes      no       no       no       yes      yes
Checkpointing.rotate_key          -        no       yes      no       no       no       no       yes
Checkpointing.signing_key         -        no       yes      no       no       no       yes      yes
Checkpointing.stamp               -        no       yes      no       no       no       yes      yes
Checkpointing.standing            -        no       yes      no       no       no       yes      yes
Checkpointing.write               -        no       yes      no       no       no       yes      yes
Checkpointing.write_due           -        no       yes      no       no       no       no       no

# Certifying                      on       stranger machine  none     reviewer approver auditor  admin
Certifying.get                    -        no       yes      no       no       no       yes      yes
Certifying.get_content            -        no       yes      no       no       no       yes      yes
Certifying.is_due                 -        no       yes      no       no       no       no       no
Certifying.list_days              -        no       yes      no       no       no       yes      yes
Certifying.write                  -        no       yes      no       no       no       yes      yes
Certifying.write_due              -        no       yes      no       no       no       no       no

# Relisting                       on       stranger machine  none     reviewer approver auditor  admin
Relisting.is_due                  -        no       yes      no       no       no       no       no
Relisting.renew                   -        no       yes      no       no       no       no       no

# Sampling                        on       stranger machine  none     reviewer approver auditor  admin
Sampling.add_finding              -        no       no       no       no       no       yes      yes
Sampling.close                    -        no       no       no       no       no       yes      yes
Sampling.draw                     -        no       no       no       no       no       yes      yes
Sampling.get_item                 -        no       yes      no       no       no       yes      yes
Sampling.get_sample               -        no       yes      no       no       no       yes      yes
Sampling.list_events              -        no       yes      no       no       no       yes      yes
Sampling.list_samples             -        no       yes      no       no       no       yes      yes
Sampling.plan                     -        no       yes      no       no       no       yes      yes

# Packing                         on       stranger machine  none     reviewer approver auditor  admin
Packing.write                     -        no       yes      no       no       no       yes      yes

# Reporting                       on       stranger machine  none     reviewer approver auditor  admin
Reporting.status                  -        no       yes      no       yes      yes      yes      yes
""",  # noqa: E501 (a table is read by its columns)
    words=1,
    columns=PEOPLE,
)

AT_THE_DOOR = {
    "Accounts.ensure_first": "there is nobody yet who could be asked",
    "Accounts.find_actor": "finds out who asks",
    "Accounts.is_half": "tells only whether a token that was handed out still waits for its code",
    "ApiTokens.find_actor": "finds out which system asks",
    "Accounts.login": "finds out who asks",
    "Accounts.login_with_code": "finds out who asks",
    "Accounts.logout": "whoever has a session's token may end it",
    "SingleSignOn.begin": "finds out who asks",
    "SingleSignOn.finish": "finds out who asks",
    "SingleSignOn.leaving": "says where the provider's log-out is, and does nothing",
    "Health.ready": "tells that parts answer, and nothing of what is in them",
    "TypeShelf.find": "types are no secret: they ship with the program",
    "TypeShelf.get_enabled": "types are no secret: they ship with the program",
}
"""Methods that do not ask who calls, each with its reason."""
