//! From a request's body to its answer: sender, caller, functions; the four levels of failure, aborted
//! results and repeated functions live here and in no function.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use sidegate_engine::actor::Named;
use sidegate_engine::offline::{NewRequest, Waiting};
use sidegate_engine::query_result::Rest;
use sidegate_engine::sign_in::{Barred, Entered, Entrance, SignIn};
use sidegate_engine::{By, Call, Door, Engine, Work};
use sidegate_model::field_type::moment_text;
use sidegate_model::{Failure, Kind, Problem, Result, problem};

use super::failure::{self, Doing, Entry, Telling};
use super::function::{self, Run};
use super::listing::{MOST_ANSWER, Plain};
use super::reader::{Document, Limits, read};
use super::request::{self, Asked, Authentication, Control, Operation};
use super::writer::{Layout, Writer};
use crate::gate::Origin;
use crate::rest::{Began, Limit, Reply, body};

/// Where the gateway is.
pub(crate) const PATH: &str = "/ia/xml/xmlgw.phtml";
/// Answers say so, encoding and all, because clients compare it.
pub(super) const ANSWER: &str = "text/xml; encoding=\"UTF-8\"";
/// The field of a form that the oldest clients put the whole request into.
const FORM_FIELD: &str = "xmlrequest";
/// What functions write stands in `result`, in `operation`, in `response`.
const RESULT_DEPTH: usize = 3;
/// The most characters of a request that is answered later.
const MOST_LATER: usize = 500_000;
/// The begin of a session id that a refusal tells.
const TOLD: usize = 6;

/// Answers a request of the gateway.
pub(crate) async fn handle(State(engine): State<Engine>, request: Request) -> Reply {
    let began = Began::with(&engine, &request);
    let support = began.request_id().to_owned();
    let done = answer(&engine, request, &support).await;
    let reply = done.unwrap_or_else(|failure| refused(&failure, &support));
    began.answered(Ok(reply))
}

/// What the gateway itself refuses, before there is an envelope to answer in.
pub(super) fn refused(failure: &Failure, support: &str) -> Reply {
    let (status, number, said) = match failure {
        Failure::Refused(problems) => {
            let first = problems.first();
            let kind = first.map_or(Kind::Shape, |problem| problem.code.kind);
            let said = first.map(Problem::message).unwrap_or_default();
            let number = match kind {
                Kind::Rate => "GW-0010",
                Kind::Busy => "GW-0001",
                _ => "GW-0015",
            };
            (crate::rest::status(kind), number, said)
        }
        Failure::Broken(error) => {
            tracing::error!(request = support, %error, "a request broke");
            let said = "The Service is Temporarily Off-line. Try again later.".to_owned();
            (500, "GW-0001", said)
        }
    };
    let mut out = Writer::new(Vec::new(), Layout::Lines);
    out.declaration();
    out.open("response");
    out.open("control");
    out.leaf("status", "failure");
    out.close();
    out.open("errormessage");
    out.open("error");
    out.leaf("errorno", number);
    let said = format!("{said} [Request ID: {support}]");
    out.leaf("description", &said);
    out.leaf("description2", &said);
    out.leaf("correction", "");
    let mut reply = xml(out.finish());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = reply.headers_mut();
    match status {
        405 => drop(headers.insert(ALLOW, HeaderValue::from_static("POST"))),
        429 | 503 => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
        _ => {}
    }
    reply
}

fn xml(body: Vec<u8>) -> Reply {
    let mut reply = Reply::new(body.into());
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(ANSWER));
    reply
}

async fn answer(engine: &Engine, request: Request, support: &str) -> Result<Reply> {
    if request.method() != Method::POST {
        return Err(problem::METHOD_ABSENT
            .with("METHOD", request.method().as_str())
            .with("PATH", PATH)
            .with("ALLOWED", "POST")
            .into());
    }
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let call = Call {
        by: By::System(None),
        door: Door::Xml,
        request: support.to_owned(),
        address: address
            .map(|info| info.0.ip().to_string())
            .unwrap_or_default(),
    };
    let origin = request.extensions().get::<Origin>();
    let base = origin.map_or_else(|| engine.public_url().to_owned(), |origin| origin.0.clone());
    let endpoint = format!("{}{PATH}", base.trim_end_matches('/'));
    let (parts, sent) = request.into_parts();
    let bytes = body::read(sent, Limit::XML).await?;
    let (bytes, charset) = content(&parts.headers, bytes);
    let answering = Answering {
        engine,
        call,
        support,
        endpoint,
        acknowledged: false,
    };
    match read(bytes, charset.as_deref(), &Limits::default()) {
        Ok(document) => answering.document(Arc::new(document)).await,
        Err(error) if error.is_too_large() => Err(problem::BODY_LARGE
            .with("LIMIT", Limits::default().body.to_string())
            .into()),
        Err(error) => {
            let entry = Entry {
                description: "XML error".to_owned(),
                ..Entry::new("XL03000003", error.message())
            };
            Ok(answering.control_failure(&unknown(), &[entry]))
        }
    }
}

/// The control block of a body that cannot be read.
fn unknown() -> Control {
    Control {
        version: "3.0".to_owned(),
        whitespace: true,
        ..Control::default()
    }
}

/// The XML of a body, which the oldest clients send as a form, and the charset that was told.
fn content(headers: &HeaderMap, bytes: Vec<u8>) -> (Vec<u8>, Option<String>) {
    let told = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let told = told.unwrap_or_default().to_ascii_lowercase();
    let charset = told.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name.trim() == "charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    // What stands in the body decides, because clients say all sorts of things about it.
    if bytes.starts_with(FORM_FIELD.as_bytes()) && !bytes.starts_with(b"<") {
        let mut fields = form_urlencoded::parse(&bytes);
        if let Some((_, field)) = fields.find(|(name, _)| name == FORM_FIELD) {
            return (field.into_owned().into_bytes(), None);
        }
    }
    (bytes, charset)
}

/// What became of one function.
enum Outcome {
    Done(Vec<u8>),
    /// The data is the whole answer.
    Plain(Plain),
    Failed {
        /// What was done before it failed and stays.
        piece: Vec<u8>,
        entries: Vec<Entry>,
    },
    /// Not begun, because what lets the caller in ended since she was let in.
    Closed(Vec<Entry>),
    /// Undone, or never begun, because another function of its transaction failed.
    Aborted,
}

/// What a function that was carried out leaves.
struct Carried {
    piece: Vec<u8>,
    rest: Option<(String, Rest)>,
    plain: Option<Plain>,
    failed: Option<Vec<Problem>>,
}

impl Carried {
    fn outcome(self) -> Outcome {
        match self.plain {
            Some(plain) => Outcome::Plain(plain),
            None => Outcome::Done(self.piece),
        }
    }
}

pub(super) struct Answering<'a> {
    pub(super) engine: &'a Engine,
    pub(super) call: Call,
    pub(super) support: &'a str,
    pub(super) endpoint: String,
    /// Whether the request was acknowledged before, and is carried out now.
    pub(super) acknowledged: bool,
}

impl Answering<'_> {
    pub(super) async fn document(&self, document: Arc<Document>) -> Result<Reply> {
        let (control, wrong) = request::control(&document);
        if !wrong.is_empty() {
            return Ok(self.control_failure(&control, &wrong));
        }
        let operation = match request::operation(&document) {
            Ok(operation) => operation,
            Err(wrong) => return Ok(self.control_failure(&control, &wrong)),
        };
        let engine = self.engine;
        let sender = engine
            .prove_sender(&control.sender, &control.password, &self.call)
            .await?;
        let Some(sender) = sender else {
            if let Authentication::Login { company, .. } = &operation.authentication {
                engine
                    .note_unproved_sender(company, &control.sender, &self.call)
                    .await?;
            }
            let said = "Incorrect Intacct XML Partner ID or password.";
            let entry = Entry::new("XL03000006", said);
            return Ok(self.control_failure(&control, &[entry]));
        };
        if let Some(policy) = control.policy.as_deref().filter(|_| !self.acknowledged) {
            return self.acknowledge(&document, &control, &sender, policy).await;
        }
        let entered = match &operation.authentication {
            Authentication::Session(session) => {
                engine.enter_session(session, &sender, &self.call).await?
            }
            Authentication::Login {
                user,
                company,
                password,
                place,
            } => {
                let login = SignIn {
                    company: company.clone(),
                    user: user.clone(),
                    secret: password.clone(),
                    entity: place.clone(),
                    entrance: Entrance::Gateway,
                    sender: Some(sender),
                };
                engine.enter_login(login, &self.call).await?
            }
        };
        let entered = match entered {
            Ok(entered) => entered,
            Err(barred) => return Ok(self.barred(&control, &operation, barred)),
        };
        let outcomes = self
            .carry_out(&document, &control, &operation, &entered)
            .await?;
        // Nothing was done, so that the caller is told what she would be told now.
        let is_closed = |outcome: &Outcome| matches!(outcome, Outcome::Closed(_));
        if outcomes.first().is_some_and(is_closed) {
            let barred = match &operation.authentication {
                Authentication::Session(_) => Barred::Session,
                Authentication::Login { .. } => Barred::Login,
            };
            return Ok(self.barred(&control, &operation, barred));
        }
        Ok(self.done(&control, &operation, &entered, &outcomes))
    }

    /// Keeps the request to be carried out later, and says so at once.
    async fn acknowledge(
        &self,
        document: &Document,
        control: &Control,
        sender: &Named,
        policy: &str,
    ) -> Result<Reply> {
        let found = self.engine.active_policy(policy, &self.call).await?;
        let Some(key) = found else {
            let said = format!("{policy:?} is not a valid transport policy.");
            return Ok(self.control_failure(control, &[Entry::new("XL03000006", said)]));
        };
        let body = document.body();
        if body.chars().count() > MOST_LATER {
            let most = MOST_LATER.to_string();
            return Err(problem::POLICY_LARGE.with("MOST", most).into());
        }
        let new = NewRequest {
            policy: key,
            sender: sender.id.clone(),
            control_id: control.id.clone(),
            waiting: Waiting {
                request: self.support.to_owned(),
                address: self.call.address.clone(),
                endpoint: self.endpoint.clone(),
                body: body.to_owned(),
            },
        };
        self.engine.take_on(new, &self.call).await?;
        let mut out = Writer::new(Vec::new(), layout(control));
        out.declaration();
        out.open("response");
        out.open("acknowledgement");
        out.leaf("status", "success");
        out.close();
        block(&mut out, control, "success");
        Ok(xml(out.finish()))
    }

    /// The answer to a request that was left while it was carried out.
    pub(super) fn lost(&self, document: &Document) -> Reply {
        let (control, _) = request::control(document);
        let said = "The server stopped while the request was carried out; what it had done by then stays done.";
        let entry = Entry {
            correction: "Look what was done before you send it again.".to_owned(),
            ..Entry::new("DL02000001", said)
        };
        self.control_failure(&control, &[entry])
    }

    /// The answer to a request that was kept and cannot be read any more.
    pub(super) fn unreadable(&self) -> Reply {
        let said = "There was an error processing the request.";
        self.control_failure(&unknown(), &[Entry::new("DL02000001", said)])
    }

    async fn carry_out(
        &self,
        document: &Arc<Document>,
        control: &Control,
        operation: &Operation,
        entered: &Entered,
    ) -> Result<Vec<Outcome>> {
        let call = Call {
            by: entered.by.clone(),
            ..self.call.clone()
        };
        let carrying = Carrying {
            document: Arc::clone(document),
            endpoint: self.endpoint.clone(),
            layout: layout(control),
            unique: control.unique,
            alone: operation.functions.len() == 1 && control.policy.is_none(),
            written: 0,
        };
        if operation.transaction {
            return self.together(carrying, &operation.functions, call).await;
        }
        let mut outcomes = Vec::with_capacity(operation.functions.len());
        let mut carrying = carrying;
        for asked in &operation.functions {
            let outcome = self.alone(carrying.clone(), asked, call.clone()).await;
            if let Outcome::Done(piece) | Outcome::Failed { piece, .. } = &outcome {
                carrying.written += piece.len();
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// A function in a transaction of its own.
    async fn alone(&self, carrying: Carrying, asked: &Asked, call: Call) -> Outcome {
        let doing = carrying.doing(asked);
        let writes = function::named(&asked.name).is_some_and(|function| function.writes);
        let (own, of) = (carrying.clone(), asked.clone());
        let carried = if writes {
            let act = move |work: &mut Work<'_>| own.one(work, &of);
            self.engine.write(call.clone(), act).await
        } else {
            let act = move |work: &mut Work<'_>| own.one(work, &of);
            self.engine.read(call.clone(), act).await
        };
        let carried = match carried {
            Ok(carried) => carried,
            Err(failure) => return self.failed(&failure, &doing, Vec::new()),
        };
        let mut carried = carried;
        if let Some((id, rest)) = carried.rest.take() {
            let keep = move |work: &mut Work<'_>| work.keep_result(&id, &rest);
            if let Err(failure) = self.engine.write(call, keep).await {
                return self.failed(&failure, &doing, Vec::new());
            }
        }
        match carried.failed {
            None => carried.outcome(),
            Some(problems) => self.failed(&Failure::Refused(problems), &doing, carried.piece),
        }
    }

    /// All functions, or none of them.
    async fn together(
        &self,
        carrying: Carrying,
        functions: &[Asked],
        call: Call,
    ) -> Result<Vec<Outcome>> {
        // Which function is under way, and what was wrong with it.
        let stopped: Arc<Mutex<(usize, Vec<Problem>)>> = Arc::default();
        let (all, own, noted) = (functions.to_vec(), carrying.clone(), Arc::clone(&stopped));
        let done = self
            .engine
            .write(call, move |work| {
                let note = |at: usize, problems: Vec<Problem>| {
                    *noted.lock().unwrap_or_else(PoisonError::into_inner) = (at, problems);
                };
                let mut done = Vec::with_capacity(all.len());
                let mut own = own.clone();
                for (at, asked) in all.iter().enumerate() {
                    note(at, Vec::new());
                    let carried = own.one(work, asked)?;
                    own.written += carried.piece.len();
                    if let Some(problems) = carried.failed {
                        note(at, problems.clone());
                        return Err(Failure::Refused(problems));
                    }
                    if let Some((id, rest)) = &carried.rest {
                        work.keep_result(id, rest)?;
                    }
                    done.push(carried);
                }
                Ok(done)
            })
            .await;
        let failure = match done {
            Ok(done) => return Ok(done.into_iter().map(Carried::outcome).collect()),
            Err(failure) => failure,
        };
        let at = stopped.lock().unwrap_or_else(PoisonError::into_inner).0;
        let outcomes = functions.iter().enumerate().map(|(number, asked)| {
            if number == at {
                self.failed(&failure, &carrying.doing(asked), Vec::new())
            } else {
                Outcome::Aborted
            }
        });
        Ok(outcomes.collect())
    }

    fn failed(&self, failure: &Failure, doing: &Doing, piece: Vec<u8>) -> Outcome {
        if let Failure::Broken(error) = failure {
            tracing::error!(request = self.support, operation = doing.operation, %error, "a function broke");
        }
        let entries = failure::entries(failure, doing);
        if is_closed(failure) {
            return Outcome::Closed(entries);
        }
        Outcome::Failed { piece, entries }
    }

    fn telling(&self, control: &Control) -> Telling<'_> {
        Telling {
            support: self.support,
            more: control.tells_more,
        }
    }

    /// A failure that nothing but the control block is told of.
    fn control_failure(&self, control: &Control, entries: &[Entry]) -> Reply {
        let mut out = begin(control, "failure");
        failure::write(&mut out, entries, self.telling(control));
        xml(out.finish())
    }

    /// A caller who is not let in.
    fn barred(&self, control: &Control, operation: &Operation, barred: Barred) -> Reply {
        let (user, company) = match &operation.authentication {
            Authentication::Login { user, company, .. } => (user.as_str(), company.as_str()),
            Authentication::Session(_) => ("", ""),
        };
        let entry = match (barred, &operation.authentication) {
            (Barred::Sender, _) => Entry {
                description: "Invalid Web Services Authorization".to_owned(),
                correction: "Ask an administrator of the company to add the sender ID to its Web Services authorizations.".to_owned(),
                ..Entry::new("XL03000006", format!("The sender ID '{}' is not authorized to make Web Services requests to company ID '{company}'.", control.sender))
            },
            (Barred::Session, Authentication::Session(session)) => {
                let begin: String = session.chars().take(TOLD).collect();
                Entry {
                    correction: "Open a new session with getAPISession.".to_owned(),
                    ..Entry::new("XL03000006", format!("The session {begin}... is not valid, or not any more."))
                }
            }
            _ => Entry {
                correction: "Check the company ID, the user ID and the password.".to_owned(),
                ..Entry::new("XL03000006", "Sign-in information is incorrect.")
            },
        };
        let mut out = begin(control, "success");
        out.open("operation");
        out.open("authentication");
        out.leaf("status", "failure");
        out.leaf("userid", user);
        out.leaf("companyid", company);
        out.close();
        failure::write(&mut out, &[entry], self.telling(control));
        xml(out.finish())
    }

    fn done(
        &self,
        control: &Control,
        operation: &Operation,
        entered: &Entered,
        outcomes: &[Outcome],
    ) -> Reply {
        if let [Outcome::Plain(plain)] = outcomes {
            let mut reply = Reply::new(plain.bytes.clone().into());
            let told = HeaderValue::from_static(plain.content_type);
            reply.headers_mut().insert(CONTENT_TYPE, told);
            return reply;
        }
        let mut out = begin(control, "success");
        out.open("operation");
        out.open("authentication");
        out.leaf("status", "success");
        out.leaf("userid", &entered.user);
        out.leaf("companyid", &entered.company);
        out.leaf("locationid", entered.entity.as_deref().unwrap_or_default());
        out.leaf("sessiontimestamp", &offset(entered.at));
        out.leaf("sessiontimeout", &offset(entered.until));
        out.close();
        for (asked, outcome) in operation.functions.iter().zip(outcomes) {
            out.open("result");
            let status = match outcome {
                Outcome::Done(_) | Outcome::Plain(_) => "success",
                Outcome::Failed { .. } | Outcome::Closed(_) => "failure",
                Outcome::Aborted => "aborted",
            };
            out.leaf("status", status);
            out.leaf("function", &asked.name);
            out.leaf("controlid", &asked.id);
            match outcome {
                Outcome::Done(piece) => out.insert(piece),
                // It stood alone, and was answered by itself.
                Outcome::Plain(_) => {}
                Outcome::Failed { piece, entries } => {
                    out.insert(piece);
                    failure::write(&mut out, entries, self.telling(control));
                }
                Outcome::Closed(entries) => {
                    failure::write(&mut out, entries, self.telling(control));
                }
                Outcome::Aborted => {
                    let said = "The entire transaction in this operation has been rolled back due to an error.";
                    let entry = Entry::new("XL03000009", said);
                    failure::write(&mut out, &[entry], self.telling(control));
                }
            }
            out.close();
        }
        xml(out.finish())
    }
}

/// Whether a session or a login ended, or leads nowhere any more.
fn is_closed(failure: &Failure) -> bool {
    let Failure::Refused(problems) = failure else {
        return false;
    };
    let dead = &raw const problem::TOKEN_DEAD;
    problems
        .iter()
        .any(|problem| std::ptr::eq(problem.code, dead))
}

/// What every function of a request is carried out with.
#[derive(Clone)]
struct Carrying {
    document: Arc<Document>,
    endpoint: String,
    layout: Layout,
    unique: bool,
    /// Whether there is one function only.
    alone: bool,
    /// Bytes that the functions before wrote.
    written: usize,
}

impl Carrying {
    fn doing(&self, asked: &Asked) -> Doing {
        let node = request::function_at(&self.document, asked.at);
        node.map_or_else(
            || Doing {
                operation: "PERFORM",
                object: String::new(),
            },
            function::doing,
        )
    }

    fn one(&self, work: &mut Work<'_>, asked: &Asked) -> Result<Carried> {
        let node = request::function_at(&self.document, asked.at)
            .ok_or_else(|| Failure::broken("a function that was read is gone"))?;
        let Some(function) = function::named(&asked.name) else {
            return Err(function::elsewhere(node).into());
        };
        if self.written >= MOST_ANSWER {
            let large = problem::XML_ANSWER_LARGE.with("MOST", MOST_ANSWER.to_string());
            return Err(large.into());
        }
        // A function that changes nothing may be repeated as often as anybody likes.
        let unique = self.unique && function.writes;
        if unique {
            work.not_done_before(&asked.id)?;
        }
        let mut out = Writer::piece(self.layout, RESULT_DEPTH);
        let mut run = Run {
            work,
            node,
            out: &mut out,
            endpoint: &self.endpoint,
            rest: None,
            alone: self.alone,
            plain: None,
            failed: None,
        };
        function.carry_out(&mut run)?;
        let (rest, plain, failed) = (run.rest, run.plain, run.failed);
        if unique && failed.is_none() {
            work.done_now(&asked.id)?;
        }
        Ok(Carried {
            piece: out.into_piece(),
            rest,
            plain,
            failed,
        })
    }
}

fn layout(control: &Control) -> Layout {
    if control.whitespace {
        Layout::Lines
    } else {
        Layout::Compact
    }
}

/// The begin of an answer, with its control block.
fn begin(control: &Control, status: &str) -> Writer {
    let mut out = Writer::new(Vec::with_capacity(4096), layout(control));
    out.declaration();
    out.open("response");
    block(&mut out, control, status);
    out
}

/// A control block.
fn block(out: &mut Writer, control: &Control, status: &str) {
    out.open("control");
    out.leaf("status", status);
    out.leaf("senderid", &control.sender);
    out.leaf("controlid", &control.id);
    out.leaf("uniqueid", if control.unique { "true" } else { "false" });
    out.leaf("dtdversion", &control.version);
    out.close();
}

/// A moment with the offset that clients read by a pattern.
fn offset(microseconds: i64) -> String {
    let text = moment_text(microseconds);
    format!("{}+00:00", text.trim_end_matches('Z'))
}
