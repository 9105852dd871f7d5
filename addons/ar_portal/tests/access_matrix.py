"""Who gets what on each route of this addon: a line for each way to ask for it.

A line says what is asked for and whose figures each reader sees; readers who aren't named see nobody's. The test
``test_access_matrix`` asks for everything as everybody, and fails where a route of the addon has no line.

Accounts: "birch" (a company), "holding" above it, "north" below it, "cedar" (a stranger), and "abroad", what birch owes
another company of ours. Each has an invoice whose number and amount are found nowhere else.

Readers: "owner" and "colleague" of birch; "subsidiary" of north; "parent" of holding, and "allowed parent", the same
once holding may see its subsidiaries' accounts; "other" of cedar; "abroad", a portal user of birch who is allowed the
other company alone; "staff" without rights in accounting; "public", and "public with a token", who sends a good link's
token where there is no place for one.
"""

from dataclasses import dataclass, field

PORTAL = ("owner", "colleague", "subsidiary", "parent", "allowed parent", "other", "abroad")
READERS = (*PORTAL, "staff", "public", "public with a token")

#: Whose figures each reader sees who looks at the own account.
OWN = {
    "owner": "birch",
    "colleague": "birch",
    "subsidiary": "north",
    "parent": "holding",
    "allowed parent": "holding",
    "other": "cedar",
    "abroad": "abroad",
}
NOBODY: dict = {}
#: Who looks at an account by its id.
AT_BIRCH = {"owner": "birch", "colleague": "birch", "allowed parent": "birch", "abroad": "abroad"}
AT_NORTH = {"subsidiary": "north", "allowed parent": "north"}
AT_CEDAR = {"other": "cedar"}
BIRCH_ALONE = {"owner": "birch", "colleague": "birch"}
FOR_WHO_HAS_THE_LINK = dict.fromkeys(READERS, "birch")
#: Who isn't offered what was asked for and is shown what may be chosen instead.
CHOOSE_AGAIN = dict.fromkeys((*(set(PORTAL) - BIRCH_ALONE.keys()), "staff"), 422)
#: Who is logged in has sent a form that can't be taken.
UNTAKEN = dict.fromkeys(BIRCH_ALONE, 422)
AGREEMENT = "/my/receivables/agreements/<any(dispute,promise,plan):kind>/<int:record_id>"
LETTER = "/my/receivables/confirmation/<int:confirmation_id>"
REQUEST = "/my/receivables/request/<string:token>"
TRANSACTION = {
    "provider_id": 0,
    "payment_method_id": 0,
    "token_id": None,
    "amount": 1,
    "flow": "direct",
    "tokenization_requested": False,
    "landing_route": "/",
}


@dataclass(frozen=True)
class Row:
    """One way to ask for a route, and what comes of it.

    In ``url`` and ``params`` stand names of the fixture in braces: an account (the id of its customer), an account
    with ``_item`` (of its journal item), ``terms``, ``company``, ``token`` of a good link to birch's statement,
    ``altered`` and ``expired`` ones, and the others of the fixture's ``values``. Who is logged in and isn't in
    ``refused`` gets the page; the public is led to the login unless the row ``is_public``. ``statuses`` are what comes
    instead, by reader; ``data`` is sent with a form.
    """

    route: str
    url: str
    sees: dict
    refused: tuple = ()  # readers that get 404; "*" is everybody who sees nobody's figures
    params: dict | None = field(default=None, hash=False)  # a call of JSON
    is_form: bool = False
    is_public: bool = False
    data: dict = field(default_factory=dict, hash=False)
    statuses: dict = field(default_factory=dict, hash=False)


MATRIX = (
    # The account
    Row("/my/receivables", "/my/receivables", OWN),
    Row("/my/receivables", "/my/receivables?filterby=overdue&sortby=amount", OWN),
    Row("/my/receivables", "/my/receivables?account={birch}", AT_BIRCH, refused=("*",)),
    Row("/my/receivables", "/my/receivables?account={north}", AT_NORTH, refused=("*",)),
    Row("/my/receivables", "/my/receivables?account={cedar}", AT_CEDAR, refused=("*",)),
    Row("/my/receivables", "/my/receivables?account={contact}", NOBODY, refused=("*",)),
    Row("/my/receivables", "/my/receivables?account=0", NOBODY, refused=("*",)),
    Row("/my/receivables", "/my/receivables?account=9999999999", NOBODY, refused=("*",)),
    Row("/my/receivables", "/my/receivables?account=x", NOBODY, refused=("*",)),
    Row("/my/receivables/page/<int:page>", "/my/receivables/page/1", OWN),
    Row("/my/receivables/page/<int:page>", "/my/receivables/page/1?account={north}", AT_NORTH, refused=("*",)),
    # The statement
    Row("/my/receivables/statement", "/my/receivables/statement", OWN),
    Row("/my/receivables/statement", "/my/receivables/statement?account={birch}", AT_BIRCH, refused=("*",)),
    Row("/my/receivables/statement", "/my/receivables/statement?account={cedar}", AT_CEDAR, refused=("*",)),
    Row("/my/receivables/statement/<any(pdf, xlsx):kind>", "/my/receivables/statement/pdf", OWN, refused=("staff",)),
    Row("/my/receivables/statement/<any(pdf, xlsx):kind>", "/my/receivables/statement/xlsx", OWN, refused=("staff",)),
    Row(
        "/my/receivables/statement/<any(pdf, xlsx):kind>",
        "/my/receivables/statement/xlsx?account={north}",
        AT_NORTH,
        refused=("*",),
    ),
    Row(
        "/my/receivables/statement/<any(pdf, xlsx):kind>",
        "/my/receivables/statement/pdf?company={company}&account={birch}",
        {**BIRCH_ALONE, "allowed parent": "birch"},
        refused=("*",),
    ),
    # The statement by link
    Row(
        "/receivables/statement/<string:token>",
        "/receivables/statement/{token}",
        FOR_WHO_HAS_THE_LINK,
        is_public=True,
    ),
    Row("/receivables/statement/<string:token>", "/receivables/statement/{altered}", NOBODY, ("*",), is_public=True),
    Row("/receivables/statement/<string:token>", "/receivables/statement/{expired}", NOBODY, ("*",), is_public=True),
    Row(
        "/receivables/statement/<string:token>/<any(pdf, xlsx):kind>",
        "/receivables/statement/{token}/pdf",
        FOR_WHO_HAS_THE_LINK,
        is_public=True,
    ),
    Row(
        "/receivables/statement/<string:token>/<any(pdf, xlsx):kind>",
        "/receivables/statement/{token}/xlsx",
        FOR_WHO_HAS_THE_LINK,
        is_public=True,
    ),
    Row(
        "/receivables/statement/<string:token>/<any(pdf, xlsx):kind>",
        "/receivables/statement/{altered}/xlsx",
        NOBODY,
        refused=("*",),
        is_public=True,
    ),
    # Paying
    Row("/my/receivables/pay", "/my/receivables/pay?item={birch_item}", BIRCH_ALONE),
    Row("/my/receivables/pay", "/my/receivables/pay?item={north_item}", {"subsidiary": "north"}),
    Row("/my/receivables/pay", "/my/receivables/pay?item={birch_item}&item={cedar_item}", NOBODY),
    Row("/my/receivables/chosen", "/my/receivables/chosen", BIRCH_ALONE, params={"items": ["{birch_item}"]}),
    Row("/my/receivables/chosen", "/my/receivables/chosen", {"other": "cedar"}, params={"items": ["{cedar_item}"]}),
    Row(
        "/my/receivables/transaction/<string:items>",
        "/my/receivables/transaction/{birch_item}",
        NOBODY,
        params=TRANSACTION,
    ),
    # Credit terms
    Row("/my/receivables/terms", "/my/receivables/terms", NOBODY),
    Row(
        "/my/receivables/terms/<int:terms_id>/acknowledge",
        "/my/receivables/terms/{terms}/acknowledge",
        NOBODY,
        refused=("abroad", "staff"),
        is_form=True,
    ),
    # Paying: more of it
    Row("/my/receivables/choice", "/my/receivables/choice", BIRCH_ALONE, is_form=True, data={"item": "{birch_item}"}),
    Row("/my/receivables/settle", "/my/receivables/settle", NOBODY, is_form=True, data={"item": "{birch_item}"}),
    Row("/my/receivables/transfer", "/my/receivables/transfer", NOBODY, is_form=True, data={"item": "{cedar_item}"}),
    Row("/my/receivables/transfers", "/my/receivables/transfers", BIRCH_ALONE),
    Row("/my/receivables/transfer/<int:notice_id>", "/my/receivables/transfer/{transfer}", BIRCH_ALONE, ("*",)),
    Row(
        "/my/receivables/transfer/<int:notice_id>/cancel",
        "/my/receivables/transfer/0/cancel",
        NOBODY,
        ("*",),
        is_form=True,
    ),
    Row(REQUEST, "/my/receivables/request/{request}", FOR_WHO_HAS_THE_LINK, is_public=True),
    Row(REQUEST, "/my/receivables/request/{request}x", NOBODY, ("*",), is_public=True),
    Row(REQUEST, "/my/receivables/request/{token}", NOBODY, ("*",), is_public=True),
    Row(
        f"{REQUEST}/transaction",
        "/my/receivables/request/{request}/transaction",
        NOBODY,
        params=TRANSACTION,
        is_public=True,
    ),
    # Disputes, promises and instalments
    Row("/my/receivables/dispute", "/my/receivables/dispute", OWN),
    Row("/my/receivables/promise", "/my/receivables/promise", OWN),
    Row("/my/receivables/plan", "/my/receivables/plan", OWN),
    Row("/my/receivables/dispute", "/my/receivables/dispute?item={birch_item}", OWN, statuses=CHOOSE_AGAIN),
    Row("/my/receivables/promise", "/my/receivables/promise?item={birch_item}", OWN, statuses=CHOOSE_AGAIN),
    Row("/my/receivables/plan", "/my/receivables/plan?item={birch_item}", OWN, statuses=CHOOSE_AGAIN),
    Row("/my/receivables/agreements", "/my/receivables/agreements", {**BIRCH_ALONE, "subsidiary": "north"}),
    Row(AGREEMENT, "/my/receivables/agreements/dispute/{dispute}", BIRCH_ALONE, refused=("*",)),
    Row(AGREEMENT, "/my/receivables/agreements/plan/{plan}", BIRCH_ALONE, refused=("*",)),
    Row(AGREEMENT, "/my/receivables/agreements/promise/{promise}", {"subsidiary": "north"}, refused=("*",)),
    Row(AGREEMENT, "/my/receivables/agreements/promise/{dispute}999", NOBODY, refused=("*",)),
    Row(
        f"{AGREEMENT}/say",
        "/my/receivables/agreements/dispute/{dispute}/say",
        BIRCH_ALONE,
        refused=("*",),
        is_form=True,
        data={"text": "A word from {birch}"},
    ),
    Row(
        f"{AGREEMENT}/file/<int:file_id>",
        "/my/receivables/agreements/dispute/{dispute}/file/{file}",
        BIRCH_ALONE,
        refused=("*",),
    ),
    Row(
        "/my/receivables/agreements/plan/<int:plan_id>/accept",
        "/my/receivables/agreements/plan/{plan}/accept",
        BIRCH_ALONE,
        refused=("*",),
        is_form=True,
        statuses=UNTAKEN,
    ),
    Row(
        "/my/receivables/feedback/<any(payment,dispute,plan):kind>/<int:record_id>",
        "/my/receivables/feedback/dispute/{dispute}",
        NOBODY,
        refused=("*",),
        is_form=True,
        data={"face": "5"},
    ),
    # Notices
    Row(
        "/my/receivables/notices/<int:notice_id>/read",
        "/my/receivables/notices/0/read",
        NOBODY,
        refused=("*",),
        is_form=True,
    ),
    # Balance confirmations; a visitor without a link is led to the login
    Row("/my/receivables/confirmations", "/my/receivables/confirmations", {**OWN, "abroad": None}),
    Row(LETTER, "{letter}", BIRCH_ALONE, ("*",), is_public=True, statuses={"public": 200}),
    Row(LETTER, "{letter}?access_token={letter_token}", FOR_WHO_HAS_THE_LINK, is_public=True),
    Row(LETTER, "{letter}?access_token={letter_token}0", BIRCH_ALONE, ("*",), is_public=True),
    Row(f"{LETTER}/pdf", "{letter}/pdf", BIRCH_ALONE, ("*",), is_public=True, statuses={"public": 200}),
    Row(f"{LETTER}/pdf", "{letter}/pdf?access_token={letter_token}", FOR_WHO_HAS_THE_LINK, is_public=True),
    Row(
        f"{LETTER}/answer",
        "{letter}/answer",
        BIRCH_ALONE,
        refused=("*",),
        is_public=True,
        is_form=True,
        statuses={"public": 200, **UNTAKEN},
    ),
)
