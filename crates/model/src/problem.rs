//! The catalogue of problems: one row per code, and what a failed piece of work says.
//!
//! Two kinds of failure only: *refused* (the caller can fix it, public text) and *broken* (we must
//! fix it, a support id for the caller and everything for the log).
//! Ids of the form `REST-nnnn` and `GW-nnnn` and messages `IA.*` are the vendor's, as its public
//! documents and clients show them; `SG-nnnn` and `SG.*` are ours where no public one is known.

use std::fmt::Write as _;

/// What sort of problem it is; each door derives its status from this and from nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The request's shape or a value in it: 400.
    Shape,
    /// The credential of the call: 401.
    Credential,
    /// A missing right: 403.
    Right,
    /// Absent or invisible: 404.
    Absent,
    /// An operation that the object does not have: 405.
    Method,
    /// A value that must be unique: 409.
    Conflict,
    /// A stale version: 412.
    Stale,
    /// A body that is too large: 413.
    Large,
    /// A content type that is not taken: 415.
    Media,
    /// A rule of the business: 422.
    Rule,
    /// Too many requests: 429.
    Rate,
    /// Too much at once; try later: 503.
    Busy,
}

/// One row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The kind.
    pub kind: Kind,
    /// The word for programs, REST `code`.
    pub code: &'static str,
    /// REST `errorId`.
    pub rest: &'static str,
    /// REST `messageId`.
    pub message_id: &'static str,
    /// XML `errorno`.
    pub xml: &'static str,
    /// The sentence, with `{PLACEHOLDER}`s.
    pub text: &'static str,
}

/// One problem with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its row in the catalogue.
    pub code: &'static Code,
    /// Where in the request, as a pointer such as `/contact/id`.
    pub place: Option<String>,
    /// What stands for the placeholders of the text.
    pub placeholders: Vec<(&'static str, String)>,
    /// The right that would have let it pass, as `module.permission.right`, for those who may be told.
    pub needs: Option<String>,
}

impl Problem {
    /// Says where in the request it is.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(cut(place.into()));
        self
    }

    /// Fills a placeholder.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.placeholders.push((name, cut(value.into())));
        self
    }

    /// Says that what it was found in stands at a place of the request, in its text too.
    #[must_use]
    pub fn below(mut self, above: &str) -> Self {
        let inner = self.place.take().unwrap_or_default();
        let place = format!("{above}{inner}");
        for (_, value) in &mut self.placeholders {
            if *value == inner {
                place.clone_into(value);
            }
        }
        self.at(place)
    }

    /// Says which right would have let it pass.
    #[must_use]
    pub fn needing(mut self, right: Option<String>) -> Self {
        self.needs = right;
        self
    }

    /// The sentence for the person who has to act.
    #[must_use]
    pub fn message(&self) -> String {
        let mut out = String::with_capacity(self.code.text.len() + 32);
        let mut rest = self.code.text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            match self.placeholders.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => out.push_str(value),
                None => {
                    let _ = write!(out, "{{{name}}}");
                }
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}

impl Code {
    /// A problem of this sort.
    #[must_use]
    pub fn problem(&'static self) -> Problem {
        Problem {
            code: self,
            place: None,
            placeholders: Vec::new(),
            needs: None,
        }
    }

    /// A problem of this sort at a place of the request.
    #[must_use]
    pub fn at(&'static self, place: impl Into<String>) -> Problem {
        self.problem().at(place)
    }

    /// A problem of this sort with one placeholder filled.
    #[must_use]
    pub fn with(&'static self, name: &'static str, value: impl Into<String>) -> Problem {
        self.problem().with(name, value)
    }
}

/// What was sent comes back in problems, so it is cut: an answer stays small whatever the request was.
fn cut(mut text: String) -> String {
    const MOST: usize = 2000;
    if text.len() <= MOST {
        return text;
    }
    let mut end = MOST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push('…');
    text
}

/// Why a piece of work did not happen.
#[derive(Debug)]
pub enum Failure {
    /// The caller can fix it: all problems that were found, never none.
    Refused(Vec<Problem>),
    /// We must fix it.
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

/// What a fallible piece of work gives.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure of ours, by its text.
    #[must_use]
    pub fn broken(text: impl Into<String>) -> Self {
        Self::Broken(text.into().into())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Refused(vec![problem])
    }
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident = $kind:ident, $code:literal, $rest:literal, $id:literal, $xml:literal, $text:literal;)*) => {
        $($(#[$doc])* pub static $name: Code = Code {
            kind: Kind::$kind, code: $code, rest: $rest, message_id: $id, xml: $xml, text: $text,
        };)*
        /// Every row, in the order of this file.
        pub static CATALOGUE: &[&Code] = &[$(&$name),*];
    };
}

catalogue! {
    /// The body is missing where the method needs one.
    PAYLOAD_MISSING = Shape, "invalidRequest", "REST-1028", "IA.REQUEST_REQUIRES_A_PAYLOAD", "XL03000003", "A {OPERATION} request requires a payload";
    /// The container of all problems with a payload; each stands in the details.
    PAYLOAD_HAS_ERRORS = Shape, "invalidRequest", "REST-1064", "IA.PAYLOAD_CONTAINS_ERRORS", "XL03000003", "Payload contains errors";
    /// A member that the object does not have.
    UNKNOWN_FIELD = Shape, "invalidRequest", "REST-1043", "IA.NOT_A_VALID_FIELD", "BL03000018", "{FIELD} is not a valid field";
    /// A member that only the system writes.
    READ_ONLY_FIELD = Shape, "invalidRequest", "REST-1050", "IA.READ_ONLY_FIELD", "BL03000018", "{FIELD} is a read-only field";
    /// A value that its field does not take.
    VALUE_UNFIT = Shape, "invalidParameter", "SG-0101", "SG.VALUE_DOES_NOT_FIT", "BL03000018", "{FIELD} {REASON}";
    /// A required member is absent or empty.
    REQUIRED_MISSING = Shape, "invalidRequest", "SG-0102", "SG.REQUIRED_FIELD_MISSING", "BL03000018", "{FIELD} is required and must not be empty";
    /// A fixed member was given another value.
    FIELD_IS_FIXED = Shape, "invalidRequest", "SG-0103", "SG.FIELD_IS_FIXED", "BL03000018", "{FIELD} cannot change after the record is saved; it is {VALUE}";
    /// A reference names nothing.
    REFERENCE_UNKNOWN = Shape, "invalidParameter", "SG-0104", "SG.REFERENCE_NOT_FOUND", "BL03000018", "{FIELD} names no {OBJECT}: there is none with the {MEMBER} {VALUE}";
    /// Key and id of a reference name different records.
    REFERENCE_CONTRADICTS = Shape, "invalidParameter", "SG-0105", "SG.REFERENCE_CONTRADICTS", "BL03000018", "{FIELD} gives a key and an id that name different records; send one of them";
    /// A list names one record twice.
    LISTED_TWICE = Shape, "invalidParameter", "SG-0106", "SG.LISTED_TWICE", "BL03000018", "{FIELD} names the same record as an earlier item; name each once";
    /// An item of an owned list that is none.
    ITEM_UNKNOWN = Shape, "invalidParameter", "SG-0107", "SG.ITEM_UNKNOWN", "BL03000018", "{FIELD}: this record has no {OBJECT} with the key {KEY}; leave the key out to add one";
    /// A line that the timesheet does not have, or that the caller may not decide.
    TIMESHEET_LINE_ABSENT = Shape, "invalidParameter", "SG-0138", "SG.TIMESHEET_LINE_ABSENT", "BL03000018", "{FIELD}: this timesheet has no line with the key {KEY} that you may decide";
    /// An owned list with too many items.
    TOO_MANY_ITEMS = Shape, "invalidParameter", "SG-0108", "SG.TOO_MANY_ITEMS", "BL03000018", "{FIELD} has more than {MOST} items; send fewer";
    /// The body is not JSON.
    JSON_MALFORMED = Shape, "invalidRequest", "SG-0110", "SG.MALFORMED_JSON", "XL03000003", "The body is not valid JSON: {REASON}";
    /// A JSON object names a member twice.
    JSON_DUPLICATE = Shape, "invalidRequest", "SG-0111", "SG.DUPLICATE_MEMBER", "XL03000003", "{FIELD} appears twice in the same object; send it once";
    /// Objects and arrays are nested too deep.
    JSON_DEEP = Shape, "invalidRequest", "SG-0112", "SG.NESTED_TOO_DEEP", "XL03000003", "{FIELD} is nested deeper than {LIMIT} levels";
    /// A body has more values than anybody needs.
    JSON_MANY = Shape, "invalidRequest", "SG-0109", "SG.TOO_MANY_VALUES", "XL03000003", "The body has more than {LIMIT} values; send fewer records at once";
    /// A body is another JSON value than the call needs.
    BODY_SHAPE = Shape, "invalidRequest", "SG-0113", "SG.BODY_SHAPE", "XL03000003", "{FIELD} must be {WANTED}, not {GOT}";
    /// A query names an object that does not exist.
    QUERY_OBJECT = Shape, "invalidRequest", "SG-0120", "SG.QUERY_OBJECT", "DL02000001", "The object {OBJECT} does not exist in version 1";
    /// A query body has a member that is none.
    QUERY_MEMBER = Shape, "invalidRequest", "SG-0121", "SG.QUERY_MEMBER", "DL02000001", "unrecognized key {MEMBER} in query payload";
    /// A query names a field that the object does not have.
    QUERY_FIELD = Shape, "invalidRequest", "SG-0122", "SG.QUERY_FIELD", "DL02000001", "field {FIELD} does not exist in {OBJECT} objects in version 1";
    /// A filter uses an operator that is none.
    QUERY_OPERATOR = Shape, "invalidRequest", "SG-0123", "SG.QUERY_OPERATOR", "DL02000001", "{OPERATOR} is not an operator; there are {KNOWN}";
    /// An operator does not work on a field or value.
    QUERY_OPERAND = Shape, "invalidRequest", "SG-0124", "SG.QUERY_OPERAND", "DL02000001", "{OPERATOR} on {FIELD}: {REASON}";
    /// The filter expression cannot be read.
    QUERY_EXPRESSION = Shape, "invalidRequest", "SG-0125", "SG.QUERY_EXPRESSION", "DL02000001", "filterExpression: {REASON}";
    /// Start or size is outside its range.
    QUERY_PAGE = Shape, "invalidRequest", "SG-0126", "SG.QUERY_PAGE", "DL02000001", "{FIELD} must be a whole number from {LEAST} to {MOST}";
    /// More of something than a query takes.
    QUERY_MANY = Shape, "invalidRequest", "SG-0127", "SG.QUERY_MANY", "DL02000001", "{FIELD} takes at most {MOST} entries";
    /// A query follows more references than one statement joins.
    QUERY_JOINS = Shape, "invalidRequest", "SG-0129", "SG.QUERY_JOINS", "DL02000001", "The query follows more than {MOST} references; ask for fewer dotted fields, or in several queries";
    /// A grouped query is sorted by what its rows do not have.
    QUERY_GROUP_ORDER = Shape, "invalidRequest", "SG-0133", "SG.QUERY_GROUP_ORDER", "DL02000001", "orderBy {FIELD}: rows with aggregates are sorted by what they show; add {FIELD} to fields";
    /// A header cannot be used as sent.
    HEADER_UNFIT = Shape, "invalidRequest", "SG-0130", "SG.HEADER_UNFIT", "XL03000003", "The header {HEADER} {REASON}";
    /// A batch of no records, or of too many.
    BATCH_SIZE = Shape, "invalidRequest", "SG-0134", "SG.BATCH_SIZE", "BL03000018", "A batch takes from 1 to {MOST} records, not {COUNT}";
    /// The records asked for are too much for one answer.
    BATCH_LARGE = Shape, "invalidRequest", "SG-0135", "SG.BATCH_LARGE", "BL03000018", "These records together are larger than {MOST} bytes; ask for fewer at once";
    /// The body did not arrive in time.
    BODY_SLOW = Shape, "invalidRequest", "SG-0132", "SG.BODY_TOO_SLOW", "XL03000003", "The body did not arrive within {SECONDS} seconds, or the connection broke off";
    /// Another version of the API.
    VERSION_UNKNOWN = Shape, "invalidRequest", "SG-0131", "SG.VERSION_NOT_SUPPORTED", "XL03000003", "The version {VERSION} is not supported; use v1";
    /// The request asks for a server by a name that is not this one's.
    NAME_UNKNOWN = Shape, "invalidRequest", "SG-0139", "SG.NAME_NOT_SERVED", "XL03000003", "This server does not answer by the name that the request asks for; its administrator can add the name to public_names";

    /// A query of the XML gateway, or a name or value in it, that cannot be understood.
    XML_QUERY = Shape, "invalidRequest", "SG-0380", "SG.XML_QUERY", "DL02000001", "{REASON}";
    /// An object that the XML gateway does not know.
    XML_OBJECT = Shape, "invalidRequest", "SG-0381", "SG.XML_OBJECT", "DL02000001", "Object definition {OBJECT} not found";
    /// Fields that an object does not have in the XML gateway.
    XML_FIELDS = Shape, "invalidRequest", "SG-0382", "SG.XML_FIELDS", "DL02000001", "Invalid fields list {FIELDS}";
    /// An operation that the XML gateway does not have for an object.
    XML_CANNOT = Method, "methodNotAllowed", "SG-0383", "SG.XML_OPERATION", "PL04000005", "API operation '{OPERATION}' cannot be performed on objects of type {OBJECT}";
    /// An element that is given twice.
    XML_TWICE = Shape, "invalidRequest", "SG-0384", "SG.XML_ELEMENT_TWICE", "BL03000018", "{FIELD} is given twice; give it once";
    /// An element that a function does not have.
    XML_ELEMENT = Shape, "invalidRequest", "SG-0385", "SG.XML_ELEMENT_UNKNOWN", "XL03000003", "{FUNCTION} has no element {ELEMENT}; it takes {KNOWN}";
    /// A form of answers that is not offered.
    XML_FORMAT = Shape, "invalidRequest", "SG-0386", "SG.XML_FORMAT", "DL02000001", "Answers in the form {FORMAT} are not offered; ask for xml, csv or json";
    /// A contact that is there, with other values than those that were sent.
    XML_CONTACT_DIFFERS = Rule, "invalidParameter", "SG-0387", "SG.XML_CONTACT_DIFFERS", "BL03000018", "{FIELD}: the contact {CONTACT} exists with another value; leave it out, or change the contact first";
    /// A function that was carried out before under its control id.
    XML_REPEATED = Conflict, "idempotencyKeyTaken", "SG-0388", "SG.XML_REPEATED", "XL03000003", "The function with the control ID {KEY} was carried out on {WHEN}; give it another control ID, or send uniqueid as false";
    /// A request that names a transport policy is too large.
    POLICY_LARGE = Large, "payloadTooLarge", "SG-0396", "SG.POLICY_REQUEST_TOO_LARGE", "XL03000003", "A request with a policyid has at most {MOST} characters";
    /// Too much waits for a transport policy.
    POLICY_BUSY = Rate, "rateLimitExceeded", "SG-0397", "SG.POLICY_BUSY", "XL03000003", "{MOST} requests of this transport policy wait to be carried out already; send it again later";
    /// A form of answers that has no place for a second function.
    XML_FORMAT_ALONE = Shape, "invalidRequest", "SG-0377", "SG.XML_FORMAT_ALONE", "DL02000001", "An answer in the form {FORMAT} is the data of one function alone; send this function in a request of its own";
    /// A record, or a list in it, of more values than a record has.
    XML_RECORD_LARGE = Shape, "invalidRequest", "SG-0375", "SG.XML_RECORD_TOO_LARGE", "XL03000003", "{OBJECT} has more than {MOST} values; send less at once";
    /// More to answer than one answer holds.
    XML_ANSWER_LARGE = Large, "payloadTooLarge", "SG-0376", "SG.XML_ANSWER_TOO_LARGE", "XL03000009", "The answer has {MOST} bytes and more; ask for fewer records or fields, or send functions in a request of their own";

    /// The token is missing, malformed, expired, revoked or its user may not sign in any more.
    TOKEN_DEAD = Credential, "tokenInvalid", "REST-2102", "IA.TOKEN_IS_INVALID", "XL03000006", "The token is not valid";
    /// The Authorization header is not of the form `Bearer ...`.
    BEARER_MISSING = Credential, "GW-0034", "GW-0034", "SG.AUTHORIZATION_HEADER", "XL03000006", "The Authorization header must be of the form: Bearer, a blank, the access token";

    /// Client, secret, company, user or their pairing is not good; which of them is told to nobody.
    GRANT_REFUSED = Credential, "invalid_client", "REST-1216", "SG.GRANT_REFUSED", "XL03000006", "The client ID, the client secret or the user is not correct, or the company has not authorized the application for this user";
    /// Company, user and secret do not fit, or do not open this door; which of them is told to nobody.
    SIGN_IN_REFUSED = Credential, "signInRefused", "SG-0320", "SG.SIGN_IN_REFUSED", "XL03000006", "The company, the user or the password is not correct, or this user may not come in here";
    /// A refresh token that cannot be used, or not any more.
    REFRESH_DEAD = Shape, "invalid_grant", "SG-0140", "SG.REFRESH_TOKEN_DEAD", "XL03000006", "The refresh token is not valid any more; ask for a new token with the client credentials";
    /// A grant type that is not offered.
    GRANT_UNKNOWN = Shape, "unsupported_grant_type", "GW-0032", "SG.GRANT_TYPE", "XL03000003", "The grant type {GRANT} is not offered; use client_credentials or refresh_token";
    /// A parameter of the token request is missing.
    GRANT_INCOMPLETE = Shape, "invalid_request", "GW-0015", "SG.GRANT_PARAMETER", "XL03000003", "The parameter {NAME} is missing";
    /// The token request has no body.
    GRANT_EMPTY = Shape, "invalid_request", "GW-0035", "SG.GRANT_BODY", "XL03000003", "The token request has no body";
    /// The user name lacks the company.
    GRANT_TENANT = Shape, "invalid_request", "GW-0012", "SG.GRANT_TENANT", "XL03000003", "The username must be of the form user@company or user@company|entity";
    /// The user name is missing.
    GRANT_USERNAME = Shape, "invalid_request", "GW-0036", "SG.GRANT_USERNAME", "XL03000003", "The parameter username is missing or empty; it must be of the form user@company";
    /// The client id is missing.
    GRANT_CLIENT = Shape, "invalid_request", "GW-0037", "SG.GRANT_CLIENT", "XL03000003", "The parameter client_id is missing";
    /// The client id is given twice.
    GRANT_CLIENTS = Shape, "invalid_request", "GW-0038", "SG.GRANT_CLIENTS", "XL03000003", "The parameter client_id is given more than once";
    /// The user name is given twice.
    GRANT_USERNAMES = Shape, "invalid_request", "GW-0039", "SG.GRANT_USERNAMES", "XL03000003", "The parameter username is given more than once";
    /// Another parameter is given twice.
    GRANT_TWICE = Shape, "invalid_request", "SG-0141", "SG.GRANT_TWICE", "XL03000003", "The parameter {NAME} is given more than once";
    /// A user and a session are named at once.
    GRANT_BOTH = Shape, "invalid_request", "SG-0395", "SG.GRANT_USERNAME_AND_SESSION", "XL03000003", "The parameters username and session_id are both given; send one of them";

    /// The user lacks the right.
    NO_RIGHT = Right, "unauthorizedUser", "SG-0301", "SG.RIGHT_MISSING", "PL04000005", "You do not have permission to {OPERATION} {OBJECT}; ask an administrator of the company";
    /// The record is of a department that the user sees but may not change.
    NOT_HERS_TO_CHANGE = Right, "unauthorizedUser", "SG-0303", "SG.OTHER_DEPARTMENT", "PL04000005", "This {OBJECT} is of a department that you are not assigned to, so you can see but not change it";
    /// The user is stronger than the actor.
    STRONGER_USER = Right, "unauthorizedUser", "SG-0304", "SG.STRONGER_USER", "PL04000005", "This user may do more than you; ask an administrator with the same privileges";
    /// More would be given than the giver has.
    GIVES_TOO_MUCH = Right, "unauthorizedUser", "SG-0305", "SG.GIVES_TOO_MUCH", "PL04000005", "You cannot give more than you have yourself, and this {OBJECT} would give {RIGHT}; ask an administrator";
    /// Admin privileges above the giver's own, or without the right to give them.
    ADMIN_ABOVE = Right, "unauthorizedUser", "SG-0306", "SG.ADMIN_PRIVILEGES_ABOVE", "PL04000005", "You cannot give the admin privileges in {FIELD}; only a full administrator makes full ones, and a limited one needs Grant admin rights to make limited ones";
    /// The entity of the call does not exist or may not be entered.
    ENTITY_CLOSED = Right, "unauthorizedUser", "SG-0302", "SG.ENTITY_CLOSED", "XL03000006", "The entity {ENTITY} does not exist or you may not enter it";
    /// Acting as another approver without the right to it.
    PROXY_REFUSED = Right, "unauthorizedUser", "SG-0311", "SG.API_PROXY_MISSING", "PL04000005", "{FIELD}: only a Web Services user with the right API Proxy of Approve timesheets acts for another approver; leave {FIELD} out to act as yourself";
    /// Neither above the employee of the timesheet nor above its department.
    OUTSIDE_APPROVERS = Right, "unauthorizedUser", "SG-0312", "SG.NOT_AN_APPROVER", "PL04000005", "The user {USER} is not an approver of this timesheet; these are the managers above its employee and those of the employee's department and the departments above it";
    /// The represented approver is restricted to other rows.
    APPROVER_RESTRICTED = Right, "unauthorizedUser", "SG-0313", "SG.APPROVER_RESTRICTED", "PL04000005", "The user {USER} is restricted to other entities, locations or departments than those of this timesheet or line";

    /// There is no such record for this user.
    RECORD_ABSENT = Absent, "notFound", "SG-0401", "SG.RECORD_NOT_FOUND", "BL01001973", "There is no {OBJECT} with the key {KEY}";
    /// A page of another site sent the request, or it came under a name that is not this machine's.
    FOREIGN_PAGE = Right, "foreignOrigin", "SG-0307", "SG.FOREIGN_ORIGIN", "PL04000005", "The stand-in is controlled from this machine only: {HEADER} is {VALUE}";
    /// A form that no page of this console sent, or one of a session that is over.
    CONSOLE_FOREIGN = Right, "foreignOrigin", "SG-0480", "SG.CONSOLE_FOREIGN", "PL04000005", "This form did not come from a page of your session; open the page again and repeat what you did";
    /// There is no such company.
    COMPANY_ABSENT = Absent, "notFound", "SG-0403", "SG.COMPANY_NOT_FOUND", "PL04000005", "There is no company {COMPANY}";
    /// There is no such path.
    PATH_ABSENT = Absent, "notFound", "SG-0402", "SG.PATH_NOT_SUPPORTED", "PL04000005", "{PATH} is not supported in version 1";
    /// There is no such OAuth path.
    OAUTH_PATH_ABSENT = Absent, "GW-0033", "GW-0033", "SG.OAUTH_PATH", "XL03000006", "Invalid token endpoint: {PATH}";

    /// The path does not have the method.
    METHOD_ABSENT = Method, "methodNotAllowed", "SG-0501", "SG.METHOD_NOT_ALLOWED", "PL04000005", "{METHOD} is not supported on {PATH}; it takes {ALLOWED}";

    /// Another record has the value.
    NOT_UNIQUE = Conflict, "duplicateId", "SG-0901", "SG.VALUE_TAKEN", "BL34000061", "{FIELD}: another {OBJECT} with the value {VALUE} already exists";
    /// An idempotency key comes again with another body.
    IDEMPOTENCY_KEY_TAKEN = Conflict, "idempotencyKeyTaken", "SG-0902", "SG.IDEMPOTENCY_KEY_TAKEN", "XL03000003", "The Idempotency-Key {KEY} was used here with another body; send that body again, or choose a new key";
    /// An idempotency key comes again too late.
    IDEMPOTENCY_KEY_SPENT = Conflict, "idempotencyKeySpent", "SG-0903", "SG.IDEMPOTENCY_KEY_SPENT", "XL03000003", "The Idempotency-Key {KEY} was used here more than {HOURS} hours ago and stays reserved until {UNTIL}; choose a new key";

    /// The record has changed since the caller read it.
    VERSION_STALE = Stale, "preconditionFailed", "SG-1201", "SG.VERSION_STALE", "BL03000018", "The record has changed since you read it: it is at version {VERSION}; read it again and repeat the change";

    /// The body is too large.
    BODY_LARGE = Large, "payloadTooLarge", "SG-1301", "SG.BODY_TOO_LARGE", "XL03000003", "The body is larger than {LIMIT} bytes";
    /// XML on a REST path.
    BODY_IS_XML = Media, "GW-0014", "GW-0014", "SG.BODY_IS_XML", "XL03000003", "This path takes application/json, not XML; the XML gateway has a path of its own";
    /// Another content type than JSON.
    MEDIA_UNKNOWN = Media, "unsupportedMediaType", "SG-1501", "SG.CONTENT_TYPE", "XL03000003", "This path takes the content type {WANTED}, not {GOT}";

    /// The container of business refusals; each stands in the details.
    OPERATION_FAILED = Rule, "operationFailed", "REST-7001", "IA.REQUEST_ON_OBJECT_FAILED", "BL03000018", "The {OPERATION} request on {RESOURCE_NAME} was refused";
    /// A record that others refer to cannot be deleted.
    RECORD_IN_USE = Rule, "recordInUse", "SG-2001", "SG.RECORD_IN_USE", "BL03000018", "This {OBJECT} cannot be deleted: {OTHER} refers to it in {FIELD}; change that record first";
    /// A record of an all-or-nothing batch had nothing wrong with it, and others had.
    BATCH_UNDONE = Rule, "atomicOperationFailure", "SG-2002", "SG.BATCH_UNDONE", "BL03000018", "Nothing of this batch was kept, because other records in it were refused; mend those and send the whole batch again";
    /// A new user cannot be inactive.
    NEW_USER_INACTIVE = Rule, "invalidStatus", "SG-2101", "SG.NEW_USER_INACTIVE", "BL03000018", "A new user is active or lockedOut; inactive is for users who were once active";
    /// The contact of a user needs both names.
    CONTACT_UNNAMED = Rule, "contactIncomplete", "SG-2102", "SG.CONTACT_WITHOUT_NAME", "BL03000018", "The contact {CONTACT} has no first name or no last name; a user's contact needs both";
    /// The contact has another user.
    CONTACT_TAKEN = Rule, "contactTaken", "SG-2103", "SG.CONTACT_TAKEN", "BL03000018", "The contact {CONTACT} already belongs to another user; choose another contact or add one";
    /// The user has signed in before.
    USER_WAS_ACTIVE = Rule, "userWasActive", "SG-2104", "SG.USER_HAS_SIGNED_IN", "BL03000018", "The user {USER} has signed in and is kept for the audit trail; make it inactive instead";
    /// Nobody would be left to administer the company.
    LAST_ADMINISTRATOR = Rule, "lastAdministrator", "SG-2105", "SG.LAST_FULL_ADMINISTRATOR", "BL03000018", "{USER} is the last active user with full admin privileges and must stay so; make another user a full administrator first";
    /// Admin privileges go with one user type only.
    ADMIN_NEEDS_BUSINESS = Rule, "adminNeedsBusiness", "SG-2106", "SG.ADMIN_NEEDS_BUSINESS", "BL03000018", "Admin privileges need the user type business";
    /// A Web Services user never signs in interactively.
    WS_USER_SSO = Rule, "webServicesUser", "SG-2107", "SG.WEB_SERVICES_USER_SSO", "BL03000018", "A Web Services user cannot use single sign-on; leave sso.isSSOEnabled false";
    /// A Web Services user's password does not expire.
    WS_USER_EXPIRES = Rule, "webServicesUser", "SG-2108", "SG.WEB_SERVICES_USER_EXPIRES", "BL03000018", "The password of a Web Services user does not expire; leave password.neverExpires true";
    /// Nobody changes these of her own.
    OWN_ACCOUNT = Rule, "ownAccount", "SG-2109", "SG.OWN_ACCOUNT", "BL03000018", "You cannot change {FIELD} of your own user; ask another administrator";
    /// Nobody deletes herself.
    OWN_ACCOUNT_DELETE = Rule, "ownAccount", "SG-2110", "SG.OWN_ACCOUNT_DELETE", "BL03000018", "You cannot delete your own user; ask another administrator";
    /// Unrestricted access contradicts a list of entities.
    UNRESTRICTED_WITH_LIST = Rule, "entityAccess", "SG-2111", "SG.UNRESTRICTED_WITH_ENTITIES", "BL03000018", "entityAccess.allowUnrestrictedAccess is true but entities lists some; send one or the other";
    /// No entity and no top level.
    NOWHERE_TO_GO = Rule, "entityAccess", "SG-2112", "SG.NO_ENTITY_LEFT", "BL03000018", "With no unrestricted access and no entities the user needs entityAccess.allowTopLevelAccess";
    /// The entity of the call decides.
    ENTITY_OF_CALL = Rule, "entity", "SG-2113", "SG.ENTITY_OF_CALL", "BL03000018", "{FIELD}: the call works in the entity {ENTITY}, so the record belongs to that entity; leave the member out or call from the top level";
    /// Entity rows are edited as entities.
    ENTITY_ROW = Rule, "entityRow", "SG-2114", "SG.ENTITY_ROW", "BL03000018", "The location {ID} is an entity; change or delete it as company-config/entity";
    /// Entities are made at the top level.
    TOP_LEVEL_ONLY = Rule, "topLevelOnly", "SG-2119", "SG.TOP_LEVEL_ONLY", "BL03000018", "The call works in the entity {ENTITY}; entities are made at the top level";
    /// A user id that no token request could name.
    USER_ID_UNFIT = Rule, "invalidUserId", "SG-2120", "SG.USER_ID_UNFIT", "BL03000018", "{FIELD} must not contain |, which stands between company and entity where users are named";
    /// A reference that the caller does not see cannot be cleared.
    REFERENCE_UNSEEN = Rule, "unseenReference", "SG-2128", "SG.UNSEEN_REFERENCE", "BL03000018", "{FIELD} names a record that you do not see from here; leave the member out to keep it, or call from the top level";
    /// A right that the permission does not have.
    RIGHT_UNKNOWN = Rule, "invalidRight", "SG-2121", "SG.RIGHT_UNKNOWN", "BL03000018", "{FIELD}: the permission {PERMISSION} has no right {RIGHT}; it has: {RIGHTS}";
    /// A permission assigned twice.
    PERMISSION_TWICE = Rule, "permissionTwice", "SG-2122", "SG.PERMISSION_TWICE", "BL03000018", "{FIELD}: the permission {PERMISSION} is assigned already; change that assignment instead";
    /// Own permissions in a company whose roles give them.
    ROLES_GIVE = Rule, "permissionType", "SG-2123", "SG.COMPANY_IS_ROLE_BASED", "BL03000018", "{FIELD}: permissions come from roles in this company; assign roles instead";
    /// Roles in a company whose users have permissions of their own.
    USERS_HOLD = Rule, "permissionType", "SG-2124", "SG.COMPANY_IS_USER_BASED", "BL03000018", "{FIELD}: users have permissions of their own in this company; send permissionAssignments instead";
    /// There is no way back from roles.
    PERMISSION_TYPE_STAYS = Rule, "permissionType", "SG-2125", "SG.PERMISSION_TYPE_STAYS", "BL03000018", "{FIELD}: a company goes from permissions of users to roles, and not back";
    /// Names of roles that the system makes.
    SYSTEM_ROLE = Rule, "systemRole", "SG-2126", "SG.SYSTEM_ROLE", "BL03000018", "{FIELD} must not begin with ::SYS::, which marks roles that the system made";
    /// Somebody has the role.
    ROLE_HELD = Rule, "roleInUse", "SG-0350", "SG.ROLE_IN_USE", "BL03000018", "The role {ROLE} cannot be deleted: {HOLDERS}; take it away from them first";
    /// A time zone is one of the database of time zones.
    TIME_ZONE_UNKNOWN = Rule, "unknownTimeZone", "SG-0460", "SG.TIME_ZONE_UNKNOWN", "BL03000018", "{FIELD}: there is no time zone {ZONE}; name one of the IANA database, such as Europe/Berlin";
    /// Users choose no longer times than their company allows.
    LONGER_THAN_COMPANY = Rule, "longerThanCompany", "SG-0461", "SG.LONGER_THAN_COMPANY", "BL03000018", "{FIELD} must not be longer than the company's maximum of {MOST} minutes";
    /// A view is of the object that its query asks for.
    VIEW_OBJECT_DIFFERS = Rule, "viewObject", "SG-0462", "SG.VIEW_OBJECT_DIFFERS", "BL03000018", "{FIELD} must be {OBJECT}, the object that the query asks for";
    /// The company's administrative contact administers.
    ADMIN_CONTACT = Rule, "adminContact", "SG-2127", "SG.ADMIN_CONTACT", "BL03000018", "{FIELD} must be an active business user with full admin privileges";
    /// A record cannot be its own ancestor.
    PARENT_CYCLE = Rule, "parentCycle", "SG-2115", "SG.PARENT_CYCLE", "BL03000018", "{FIELD} would make the record its own ancestor; choose another parent";

    /// A location with an active one below it stays in use.
    CHILD_ACTIVE = Rule, "childActive", "SG-2150", "SG.CHILD_ACTIVE", "BL03000018", "The location {ID} cannot be made inactive while {CHILD} below it is active; make that one inactive first";
    /// An end before its start.
    ENDS_BEFORE_START = Rule, "dateOrder", "SG-2151", "SG.ENDS_BEFORE_START", "BL03000018", "{FIELD}: the end date {END} is before the start date {START}";
    /// An employee is not their own manager.
    OWN_MANAGER = Rule, "ownManager", "SG-2152", "SG.OWN_MANAGER", "BL03000018", "{FIELD} names the employee as their own manager; choose somebody else";
    /// Bank files need a country.
    BANK_FILE_COUNTRY = Rule, "bankFile", "SG-2153", "SG.BANK_FILE_COUNTRY", "BL03000018", "{FIELD} is required when filePaymentService is bankFile";
    /// A timesheet without an employee, sent by nobody who is one.
    NO_OWN_EMPLOYEE = Rule, "employeeMissing", "SG-2154", "SG.NO_OWN_EMPLOYEE", "BL03000018", "{FIELD} is required: no active employee has the contact of your own user";
    /// An employee has one timesheet for a week.
    TIMESHEET_TWICE = Rule, "timesheetExists", "SG-2155", "SG.TIMESHEET_EXISTS", "BL03000018", "{FIELD}: the employee {EMPLOYEE} already has a timesheet that begins on {DATE}; change that one";
    /// What a new timesheet may be.
    TIMESHEET_BEGINS = Rule, "invalidState", "SG-2156", "SG.NEW_TIMESHEET_STATE", "BL03000018", "{FIELD}: a new timesheet is draft, saved or submitted, not {STATE}";
    /// A state that the timesheet cannot be given.
    TIMESHEET_STATE = Rule, "invalidState", "SG-2157", "SG.TIMESHEET_STATE", "BL03000018", "{FIELD}: this timesheet is {BEFORE} and cannot be made {STATE}; {MAY}";
    /// A timesheet that was handed in.
    TIMESHEET_CLOSED = Rule, "timesheetClosed", "SG-2158", "SG.TIMESHEET_CLOSED", "BL03000018", "The timesheet is {STATE}; it cannot be changed or deleted unless it is declined as a whole";
    /// A line that was handed in.
    TIMESHEET_LINE_CLOSED = Rule, "timesheetClosed", "SG-2159", "SG.TIMESHEET_LINE_CLOSED", "BL03000018", "Line {LINE} of the timesheet is {STATE}; it cannot be changed or deleted unless it is declined";
    /// There is nothing to approve.
    TIMESHEET_EMPTY = Rule, "timesheetEmpty", "SG-2160", "SG.TIMESHEET_WITHOUT_LINES", "BL03000018", "A timesheet is submitted with at least one line; add one";
    /// What was submitted once has a history.
    APPROVAL_HISTORY = Rule, "approvalHistory", "SG-2161", "SG.APPROVAL_HISTORY", "BL03000018", "This {OBJECT} has been submitted and is kept with its approval history; change it instead of deleting it";
    /// A timesheet that nobody handed in.
    TIMESHEET_NOT_SUBMITTED = Rule, "timesheetNotSubmitted", "SG-2163", "SG.TIMESHEET_NOT_SUBMITTED", "BL03000018", "The timesheet is {STATE}; it can be approved or declined once it is submitted";
    /// A timesheet of which nothing waits any more.
    TIMESHEET_DECIDED = Rule, "timesheetDecided", "SG-2164", "SG.TIMESHEET_DECIDED", "BL03000018", "The timesheet is {STATE} and no line of it waits for a decision any more";
    /// A line that does not wait for a decision.
    TIMESHEET_LINE_DECIDED = Rule, "timesheetDecided", "SG-2165", "SG.TIMESHEET_LINE_DECIDED", "BL03000018", "{FIELD}: line {LINE} of the timesheet is {STATE}; only submitted lines are approved or declined";
    /// The represented approver cannot act at all.
    APPROVER_INACTIVE = Rule, "approverInactive", "SG-2166", "SG.APPROVER_INACTIVE", "BL03000018", "{FIELD}: the user {USER} is {STATUS}; an approver has to be active";
    /// The represented approver could not do it herself.
    APPROVER_WITHOUT_RIGHT = Rule, "approverWithoutRight", "SG-2167", "SG.APPROVER_WITHOUT_RIGHT", "BL03000018", "{FIELD}: the user {USER} does not have permission to approve timesheets, so nobody can do it for this user";
    /// A day outside of the timesheet's week.
    OUTSIDE_WEEK = Rule, "outsideWeek", "SG-2162", "SG.OUTSIDE_WEEK", "BL03000018", "{FIELD}: the entry date {DATE} is not in the week of the timesheet, {FROM} to {TO}";

    /// A reference names an existing record and other values for it.
    INLINE_DIFFERS = Rule, "recordExists", "SG-2116", "SG.RECORD_EXISTS", "BL03000018", "{FIELD}: the {OBJECT} {ID} exists already; leave its other members out, or change that record itself";
    /// A pairing names a user who may sign in to the console too.
    PAIRING_NEEDS_RESTRICTED = Rule, "standardUser", "SG-2118", "SG.PAIRING_NEEDS_WEB_SERVICES_USER", "BL03000018", "An authorized client application acts as a Web Services user; choose one, or allow standard users in this row";

    /// A body names a record by key and id, or by neither.
    KEY_OR_ID = Shape, "invalidRequest", "SG-2180", "SG.KEY_OR_ID", "BL03000018", "Send either key or id of the {OBJECT}, one of the two";
    /// A company that was not made for a test.
    NOT_A_TEST_COMPANY = Rule, "notATestCompany", "SG-2201", "SG.NOT_A_TEST_COMPANY", "BL03000018", "The company {COMPANY} was not made for a test; only companies that were copied here can be reset or deleted";
    /// As many test companies as there can be.
    TEST_COMPANIES_FULL = Rule, "tooManyTestCompanies", "SG-2202", "SG.TOO_MANY_TEST_COMPANIES", "BL03000018", "There are {MOST} companies for tests already; delete those that no test needs any more";
    /// A test company that others were copied from.
    TEST_COMPANY_COPIED = Rule, "testCompanyCopied", "SG-2203", "SG.TEST_COMPANY_COPIED", "BL03000018", "The company {COMPANY} is what {OTHER} was copied from; delete that one first";

    /// A sequence that is not in use.
    SEQUENCE_INACTIVE = Rule, "sequenceInactive", "SG-2181", "SG.SEQUENCE_INACTIVE", "BL03000018", "The document sequence {ID} is inactive; make it active first";
    /// A sequence has given its last value.
    SEQUENCE_USED_UP = Rule, "sequenceUsedUp", "SG-2182", "SG.SEQUENCE_USED_UP", "BL03000018", "The document sequence {ID} has given its last value, {LAST}; raise its end, or its fixed length";
    /// A value of a sequence lies outside of it.
    SEQUENCE_RANGE = Rule, "sequenceRange", "SG-2183", "SG.SEQUENCE_RANGE", "BL03000018", "{FIELD} must lie between {FIRST} and {LAST}, the first and the last value of the sequence";
    /// A kind of file that is not taken.
    FILE_TYPE = Rule, "fileType", "SG-2184", "SG.FILE_TYPE", "BL03000018", "{FIELD}: files of this type are not taken; the name must end in one of: {KNOWN}";
    /// The content of a file is not what its name says.
    FILE_CONTENT = Rule, "fileContent", "SG-2185", "SG.FILE_CONTENT", "BL03000018", "{FIELD}: the content is no {TYPE} file, as the name says; send the file itself, in base64, under its own name";
    /// A program under whatever name.
    FILE_PROGRAM = Rule, "fileProgram", "SG-2186", "SG.FILE_IS_PROGRAM", "BL03000018", "{FIELD}: the content is a program or script; these are not taken";
    /// The files of an attachment are too large together.
    ATTACHMENT_FULL = Rule, "attachmentFull", "SG-2187", "SG.ATTACHMENT_FULL", "BL03000018", "The files of one attachment have at most {MOST} bytes together; begin another attachment";
    /// The lines of a percentage do not add up.
    ALLOCATION_SUM = Rule, "allocationSum", "SG-2188", "SG.ALLOCATION_SUM", "BL03000018", "The values of {FIELD} add up to {SUM}; those of a percentage add up to 100";
    /// A line says another kind of value than its allocation.
    ALLOCATION_KIND = Rule, "allocationKind", "SG-2189", "SG.ALLOCATION_VALUE_TYPE", "BL03000018", "{FIELD}: the lines of an allocation by {TYPE} have the value type {WANTED}";
    /// An authorization that does not end by itself.
    AUTHORIZATION_NEVER_EXPIRES = Rule, "expirationDate", "SG-2190", "SG.AUTHORIZATION_NEVER_EXPIRES", "BL03000018", "{FIELD}: only the access types services and support have a date of expiry; send null with another one";
    /// A rate from a currency to itself.
    SAME_CURRENCY = Rule, "sameCurrency", "SG-2191", "SG.SAME_CURRENCY", "BL03000018", "{FIELD}: a rate leads from {CURRENCY} to another currency";
    /// Name and id of a record that has one text for both.
    NAME_IS_ID = Rule, "nameIsId", "SG-2192", "SG.NAME_IS_ID", "BL03000018", "{FIELD} is the same as id; leave one of them out, or send the same text";
    /// More would go with a folder than one request deletes.
    FOLDER_FULL = Rule, "folderFull", "SG-2193", "SG.FOLDER_FULL", "BL03000018", "There are more than {MOST} folders and attachments in the folder {ID}; delete what is in it first";

    /// What goes into the head of a mail is one line.
    MAIL_LINE_BREAK = Shape, "mailLineBreak", "SG-2240", "SG.MAIL_LINE_BREAK", "BL03000018", "{FIELD} goes into the head of mails, so it must not contain line breaks or other control characters; send it on one line";
    /// An overlap of credentials that cannot be.
    OVERLAP_RANGE = Rule, "overlapRange", "SG-2241", "SG.OVERLAP_RANGE", "BL03000018", "{FIELD} must be later than now and at most {DAYS} days ahead; leave it out to end the credentials of before at once";
    /// The status of a credential is not sent, but for ending it.
    CREDENTIAL_ONLY_ENDS = Rule, "credentialStatus", "SG-2242", "SG.CREDENTIAL_ONLY_ENDS", "BL03000018", "{FIELD}: a credential begins by itself and is never brought back; the only status to send is ended, in a change";
    /// The status of a console session is not sent, but for ending it.
    SESSION_ONLY_ENDS = Rule, "sessionStatus", "SG-0410", "SG.SESSION_ONLY_ENDS", "BL03000018", "{FIELD}: a session begins by a sign-in and is never brought back; the only status to send is ended";
    /// Somebody sends another status of an API session or token than its last one.
    WAY_IN_ONLY_ENDS = Rule, "wayInStatus", "SG-0481", "SG.WAY_IN_ONLY_ENDS", "BL03000018", "{FIELD}: what opens the API is made by proving oneself and is never brought back; the only status to send is {WORD}";
    /// Somebody drops the second factor that her company wants her to have.
    SECOND_FACTOR_DEMANDED = Rule, "secondFactorDemanded", "SG-0411", "SG.SECOND_FACTOR_DEMANDED", "BL03000018", "Your company wants you to have a second factor; an administrator can reset it so that you set up a new one";
    /// Somebody sets up a second factor who has one.
    SECOND_FACTOR_THERE = Rule, "secondFactorThere", "SG-0412", "SG.SECOND_FACTOR_THERE", "BL03000018", "You have a second factor already; take it away before you set up another one";
    /// Somebody asks for recovery codes who has no second factor.
    SECOND_FACTOR_ABSENT = Rule, "secondFactorAbsent", "SG-0413", "SG.SECOND_FACTOR_ABSENT", "BL03000018", "You have no second factor that recovery codes could stand in for; set one up first";
    /// Somebody confirms a second factor that was not begun.
    SECOND_FACTOR_NOT_BEGUN = Rule, "secondFactorNotBegun", "SG-0414", "SG.SECOND_FACTOR_NOT_BEGUN", "BL03000018", "There is no second factor to confirm; begin to set it up again";
    /// Somebody deletes her own second factor as a record.
    SECOND_FACTOR_OWN = Rule, "secondFactorOwn", "SG-0419", "SG.SECOND_FACTOR_OWN", "BL03000018", "Your own second factor is taken away in your preferences, where your password is asked for";
    /// Somebody tries a role who is no full administrator.
    TRIAL_ADMINISTRATOR = Rule, "trialAdministrator", "SG-0415", "SG.TRIAL_ADMINISTRATOR", "PL04000005", "Only full administrators try a role";
    /// Somebody tries a role where users have permissions of their own.
    TRIAL_USER_BASED = Rule, "trialUserBased", "SG-0416", "SG.TRIAL_USER_BASED", "BL03000018", "Roles give nothing in this company: its users have permissions of their own";
    /// Somebody tries a role that does not exist, or whose holders do not sign in.
    TRIAL_ROLE = Rule, "trialRole", "SG-0417", "SG.TRIAL_ROLE", "BL03000018", "There is no role {ROLE} that people who sign in could have";
    /// Somebody who tries a role changes something.
    TRYING_ROLE = Rule, "tryingRole", "SG-0418", "SG.TRYING_ROLE", "PL04000005", "You are trying the role {ROLE}, and nothing is changed meanwhile; end the trial to go on as yourself";
    /// A link that shows nothing any more.
    REVEAL_VOID = Absent, "revealLinkVoid", "SG-2243", "SG.REVEAL_LINK_VOID", "BL03000018", "This link was used, has ended or was replaced by another; ask your administrator for a new one";

    /// A password with too few characters.
    PASSWORD_SHORT = Rule, "passwordTooShort", "SG-2250", "SG.PASSWORD_TOO_SHORT", "BL03000018", "{FIELD}: passwords in this company have at least {LEAST} characters";
    /// A password with too many characters.
    PASSWORD_LONG = Rule, "passwordTooLong", "SG-2251", "SG.PASSWORD_TOO_LONG", "BL03000018", "{FIELD}: a password has at most {MOST} characters";
    /// A password without a digit.
    PASSWORD_DIGIT = Rule, "passwordWithoutDigit", "SG-2252", "SG.PASSWORD_WITHOUT_DIGIT", "BL03000018", "{FIELD}: a password has at least one digit; add one";
    /// A password without a lower-case letter.
    PASSWORD_LOWER = Rule, "passwordWithoutLower", "SG-2253", "SG.PASSWORD_WITHOUT_LOWER", "BL03000018", "{FIELD}: a password has at least one lower-case letter; add one";
    /// A password without an upper-case letter.
    PASSWORD_UPPER = Rule, "passwordWithoutUpper", "SG-2254", "SG.PASSWORD_WITHOUT_UPPER", "BL03000018", "{FIELD}: a password has at least one upper-case letter; add one";
    /// A password without anything but letters and digits.
    PASSWORD_SPECIAL = Rule, "passwordWithoutSpecial", "SG-2255", "SG.PASSWORD_WITHOUT_SPECIAL", "BL03000018", "{FIELD}: a password has at least one character that is neither a letter nor a digit; add one";
    /// A password that the user had before.
    PASSWORD_USED = Rule, "passwordUsed", "SG-2256", "SG.PASSWORD_USED", "BL03000018", "{FIELD}: this is one of the last {COUNT} passwords of the user; choose another one";
    /// A password that many people have.
    PASSWORD_COMMON = Rule, "passwordCommon", "SG-2257", "SG.PASSWORD_COMMON", "BL03000018", "{FIELD}: this is a common word with little around it, which is guessed first; choose several words, or something longer";
    /// A password that names its user.
    PASSWORD_HAS_USER = Rule, "passwordHasUserId", "SG-2258", "SG.PASSWORD_HAS_USER_ID", "BL03000018", "{FIELD}: a password must not contain the user ID";
    /// A password was changed as often as a day allows.
    PASSWORD_CHANGES = Rule, "passwordChanges", "SG-2259", "SG.PASSWORD_CHANGES", "BL03000018", "The password was changed {MOST} times within a day already; try again tomorrow, or ask an administrator to reset it";
    /// A link that sets no password any more.
    PASSWORD_LINK_VOID = Absent, "passwordLinkVoid", "SG-2260", "SG.PASSWORD_LINK_VOID", "BL03000018", "This link was used, has ended or was replaced by another; ask for a new one";
    /// A password that not every keyboard types.
    PASSWORD_CONTROL = Rule, "passwordControl", "SG-2261", "SG.PASSWORD_CONTROL", "BL03000018", "{FIELD}: a password has no line breaks and no control characters";
    /// A password of the form of generated secrets.
    PASSWORD_GENERATED = Rule, "passwordGenerated", "SG-2262", "SG.PASSWORD_GENERATED", "BL03000018", "{FIELD}: this has the form of a secret that Sidegate generates; choose a password of your own";

    /// A response URL that answers cannot go to.
    POLICY_URL = Rule, "policyUrl", "SG-2280", "SG.POLICY_URL", "BL03000018", "Answers cannot be posted to {URL}: {REASON}";
    /// User and password for a receiver that cannot be sent.
    POLICY_ACCOUNT = Rule, "policyAccount", "SG-2281", "SG.POLICY_ACCOUNT", "BL03000018", "An HTTP user ID and a password go together; neither is empty, and the user ID has no colon";
    /// A transport policy that is not there.
    POLICY_ABSENT = Absent, "notFound", "SG-2282", "SG.POLICY_NOT_FOUND", "BL03000018", "There is no transport policy {ID}";

    /// A list is longer than an export may be.
    EXPORT_LARGE = Rule, "exportTooLarge", "SG-0430", "SG.EXPORT_TOO_LARGE", "BL03000018", "The list has {TOTAL} records, and an export has at most {MOST}; narrow the filter";
    /// A list has more text than an export may have.
    EXPORT_HEAVY = Rule, "exportTooLarge", "SG-0434", "SG.EXPORT_TOO_HEAVY", "BL03000018", "The list has more than {MOST} MB of text, and an export has at most so many; ask for fewer columns, or narrow the filter";
    /// A type of file that is not made.
    EXPORT_TYPE = Shape, "invalidRequest", "SG-0431", "SG.EXPORT_FILE_TYPE", "BL03000018", "{FIELD}: files of the type {TYPE} are not made here; there are {KNOWN}";
    /// A user has as many exports under way as she may.
    EXPORTS_UNDER_WAY = Rule, "exportsUnderWay", "SG-0432", "SG.EXPORTS_UNDER_WAY", "BL03000018", "You have {MOST} exports under way; wait until one is ready, or cancel one";
    /// A filter of an address or a view that lists of the console do not know.
    LIST_FILTER = Shape, "invalidRequest", "SG-0490", "SG.LIST_FILTER", "BL03000018", "This list cannot test {FILTER}; remove that filter";
    /// The server holds as many exports as it can.
    EXPORTS_FULL = Busy, "serviceUnavailable", "SG-0433", "SG.EXPORTS_FULL", "XL03000009", "The server holds {MOST} exports already; try again in {SECONDS} seconds";

    /// More requests from one place than it may send.
    TOO_MANY_REQUESTS = Rate, "GW-0010", "GW-0010", "SG.TOO_MANY_REQUESTS", "GW-0010", "There were too many requests of this sort from your address; try again in {SECONDS} seconds";

    /// Too many at once.
    SERVER_BUSY = Busy, "serviceUnavailable", "SG-5031", "SG.SERVER_BUSY", "XL03000009", "The server has more requests than it can hold; try again in {SECONDS} seconds";
    /// The database cannot be reached; the log says why.
    DATABASE_AWAY = Busy, "serviceUnavailable", "SG-5034", "SG.DATABASE_AWAY", "XL03000009", "The server cannot reach its database just now; try again in {SECONDS} seconds";
    /// A read took too long.
    READ_TOO_SLOW = Busy, "serviceUnavailable", "SG-5032", "SG.READ_TOO_SLOW", "XL03000009", "The request took longer than {SECONDS} seconds and was stopped; ask for less, or try again later";
    /// The server is stopping.
    SERVER_STOPPING = Busy, "serviceUnavailable", "SG-5033", "SG.SERVER_STOPPING", "XL03000009", "The server is stopping; try again in a moment";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_catalogue_are_unique() {
        let mut ids: Vec<_> = CATALOGUE.iter().map(|code| code.message_id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CATALOGUE.len());
    }

    #[test]
    fn placeholders_are_filled_once() {
        let problem = UNKNOWN_FIELD.with("FIELD", "/a{FIELD}b");
        assert_eq!(problem.message(), "/a{FIELD}b is not a valid field");
    }
}
