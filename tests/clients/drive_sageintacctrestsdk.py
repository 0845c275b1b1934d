"""REST: the PyPI package `sageintacctrestsdk` (fylein/intacct-rest-sdk-py): token, contacts, users, query with paging, entity header."""
from common import Env, Report, need

env = Env("rest")
need("intacctsdk", "pip install sageintacctrestsdk==1.9.0")
import intacctsdk.apis.api_base  # noqa: E402
import intacctsdk.intacctsdk  # noqa: E402
from intacctsdk import BadRequestError, InvalidTokenError, IntacctRESTSDK  # noqa: E402
from intacctsdk.apis.api_base import ApiBase  # noqa: E402

# Its base URL is a constant that these two modules import by name. Nothing else of it is touched.
intacctsdk.apis.api_base.BASE_URL = env.rest
intacctsdk.intacctsdk.BASE_URL = env.rest

r = Report("sageintacctrestsdk")
REFUSED = (BadRequestError, InvalidTokenError)
tag = env.tag()


def connect(**over):
    args = dict(username=env.username, client_id=env.client_id, client_secret=env.client_secret)
    args.update(over)
    return IntacctRESTSDK(**args)


def paged(sdk, path, size):
    """An API object with pages of another size than the library's own."""
    api = ApiBase(sdk, object_path=path, page_size=size)
    api.update_access_token(sdk.access_token)
    return api


def ids(pages):
    return [row["id"] for page in pages for row in page]


# Token.
sdk = r.step("token by client credentials", connect)
if sdk is None:
    r.done()
r.check("it says how long it lasts", isinstance(sdk.access_token_expires_in, int) and sdk.access_token_expires_in > 0,
        repr(sdk.access_token_expires_in))
r.raises("a wrong secret is refused, and the client can read why", REFUSED, lambda: connect(client_secret="nope"), "REST-1216")
r.raises("an unknown user is refused in the same words", REFUSED, lambda: connect(username=f"nobody@{env.company}"), "REST-1216")
r.raises("a token that is none is refused", REFUSED, lambda: connect(access_token="nope").contacts.count(), "The token is not valid")

# A contact's life.
before = r.step("count of contacts", sdk.contacts.count)
NAMES = [f"Driver {tag} {n}" for n in range(7)]


def contact(name, **more):
    return dict(id=name, printAs=f"{name} Ltd", firstName="Dora", lastName="Driver", email1="dora.driver@example.com", **more)


made = r.step("post a contact", lambda: sdk.contacts.post(contact(NAMES[0]))["ia::result"]) or {}
key = made.get("key")
r.check("it answers key, id and href", bool(key) and made.get("id") == NAMES[0]
        and made.get("href") == f"/objects/company-config/contact/{key}", str(made)[:200])
read = r.step("get it by key", lambda: sdk.contacts.get_by_key(key)["ia::result"]) or {}
r.check("it holds what was sent", {n: read.get(n) for n in contact("")} == contact(NAMES[0]), str(read)[:300])
r.step("update it", lambda: sdk.contacts.update(key, {"printAs": "Renamed", "email1": None}))
read = r.step("get it again", lambda: sdk.contacts.get_by_key(key)["ia::result"]) or {}
r.check("it holds the change and keeps the rest",
        (read.get("printAs"), read.get("email1", "?"), read.get("lastName")) == ("Renamed", None, "Driver"), str(read)[:300])
r.raises("the same id a second time is refused", REFUSED, lambda: sdk.contacts.post(contact(NAMES[0])))
r.raises("an unknown field is refused by its name", REFUSED, lambda: sdk.contacts.post(contact(f"Not {tag}", colour="red")), "/colour")
r.raises("an unknown key is refused", REFUSED, lambda: sdk.contacts.get_by_key("987654321"), "notFound")

# Query with pages.
others = r.step("post six more", lambda: [sdk.contacts.post(contact(n))["ia::result"]["key"] for n in NAMES[1:]]) or []
MINE = [{"$contains": {"id": tag}}]
ASKED = dict(fields=["key", "id", "printAs"], filters=MINE, order_by=[{"id": "asc"}])
small = paged(sdk, "/objects/company-config/contact", 3)
pages = r.step("query them by pages of three", lambda: list(small.get_all_generator(**ASKED))) or []
r.check("pages of 3, 3 and 1", [len(p) for p in pages] == [3, 3, 1], str([len(p) for p in pages]))
r.check("in the order asked for, none twice", ids(pages) == NAMES, str(ids(pages))[:300])
r.check("a row has the fields asked for and no other", all(set(row) == {"key", "id", "printAs"} for p in pages for row in p))
whole = r.step("the same in one page of the library's own size", lambda: list(sdk.contacts.get_all_generator(**ASKED))) or []
r.check("the same rows", len(whole) == 1 and ids(whole) == NAMES)
down = r.step("the same downwards", lambda: list(small.get_all_generator(**{**ASKED, "order_by": [{"id": "desc"}]}))) or []
r.check("the reverse order", ids(down) == NAMES[::-1])
count = r.step("count with a filter", lambda: sdk.contacts.count(filters=MINE))
r.check("it is 7", count == 7, str(count))
after = r.step("count without one", sdk.contacts.count)
r.check("7 more than before", before is not None and after == before + 7, f"{before} / {after}")
count = r.step("two filters joined by and", lambda: sdk.contacts.count(filters=MINE + [{"$eq": {"printAs": "Renamed"}}]))
r.check("it is 1", count == 1, str(count))
count = r.step("two filters with an expression", lambda: sdk.contacts.count(
    filters=[{"$eq": {"id": NAMES[1]}}, {"$in": {"id": NAMES[2:4]}}], filter_expression="1 or 2"))
r.check("it is 3", count == 3, str(count))
none = r.step("a filter with no match", lambda: list(small.get_all_generator(**{**ASKED, "filters": [{"$eq": {"id": f"No {tag}"}}]}))) or []
r.check("one empty page", none == [[]], str(none)[:200])
r.raises("an unknown field in a query is refused by its name", REFUSED,
         lambda: list(small.get_all_generator(fields=["id", "noSuchField"])), "noSuchField")

# Users.
USER = f"driver_{tag}"
made = r.step("post a Web Services user with the first contact", lambda: sdk.users.post({
    "id": USER, "userName": "Driven", "accountEmail": "driven@example.com", "userType": "business",
    "contact": {"id": NAMES[0]}, "webServices": {"isRestricted": True}})["ia::result"]) or {}
user_key = made.get("key")
r.step("update it", lambda: sdk.users.update(user_key, {"userName": "Driven on"}))
read = r.step("get it by key", lambda: sdk.users.get_by_key(user_key)["ia::result"]) or {}
r.check("it holds the change, the contact and the restriction",
        (read.get("userName"), (read.get("contact") or {}).get("id"), (read.get("webServices") or {}).get("isRestricted"))
        == ("Driven on", NAMES[0], True), str(read)[:300])
pages = r.step("query Web Services users, with a field of their contact", lambda: list(paged(
    sdk, "/objects/company-config/user", 2).get_all_generator(
        fields=["key", "id", "contact.id", "webServices.isRestricted"],
        filters=[{"$eq": {"webServices.isRestricted": True}}], order_by=[{"id": "asc"}]))) or []
rows = {row["id"]: row for page in pages for row in page}
r.check("the caller is among them", bool(rows.get(env.user, {}).get("contact.id")), str(list(rows))[:200])
r.check("the new one is, with its contact", rows.get(USER, {}).get("contact.id") == NAMES[0], str(rows.get(USER)))
r.check("and nobody else", bool(rows) and all(row["webServices.isRestricted"] is True for row in rows.values()))

# Entities.
entities = ids(r.step("query the entities", lambda: list(sdk.location_entities.get_all_generator(
    fields=["key", "id", "name"], order_by=[{"id": "asc"}]))) or [])
r.check("there are at least two", len(entities) >= 2, str(entities))
if len(entities) >= 2:
    first, second = (r.step(f"connect to entity {e}", lambda e=e: connect(entity_id=e)) for e in entities[:2])
    made = r.step("post a contact there", lambda: first.contacts.post(contact(f"Driver {tag} inside"))["ia::result"]) or {}
    inside = made.get("key")
    read = r.step("get it there", lambda: first.contacts.get_by_key(inside)["ia::result"]) or {}
    r.check("it belongs to that entity", (read.get("entity") or {}).get("id") == entities[0], str(read.get("entity")))
    r.raises("another entity does not see it", REFUSED, lambda: second.contacts.get_by_key(inside), "notFound")
    r.step("the top level does", lambda: sdk.contacts.get_by_key(inside))
    r.step("delete it", lambda: first.contacts.delete(inside))
r.raises("an entity that does not exist is refused", REFUSED, lambda: connect(entity_id=f"No{tag}").contacts.count())

# Taking away.
r.raises("a contact in use cannot be deleted", REFUSED, lambda: sdk.contacts.delete(key))
r.step("delete the user, who never signed in", lambda: sdk.users.delete(user_key))
r.step("delete the contacts", lambda: [sdk.contacts.delete(k) for k in [key] + others])
r.raises("a deleted contact is gone", REFUSED, lambda: sdk.contacts.get_by_key(key), "notFound")
r.raises("and cannot be deleted again", REFUSED, lambda: sdk.contacts.delete(key), "notFound")
count = r.step("count of contacts", sdk.contacts.count)
r.check("as many as before", count == before, f"{before} / {count}")

# Refresh.
refresh = r.step("a second token", lambda: connect().refresh_token)


def renew(token):
    return connect(refresh_token=token, use_client_credentials_auth=False)


renewed = r.step("renewed by its refresh token", lambda: renew(refresh))
if renewed is not None:
    r.step("the new token works", renewed.contacts.count)
    r.check("the refresh token is replaced", bool(renewed.refresh_token) and renewed.refresh_token != refresh)
r.raises("the old refresh token cannot be used again", REFUSED, lambda: renew(refresh), "invalid_grant")
r.done()
