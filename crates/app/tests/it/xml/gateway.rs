//! Somebody who sends requests to the gateway of a Sidegate.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value as Json, json};
use sidegate_engine::server::Owner;

use super::answer::{Outcome, Reply, read};
use super::element::{escaped, parse};
use crate::harness::{Answer, World, credentials};
use crate::support::{company, key_of, system};

pub(super) const PATH: &str = "/ia/xml/xmlgw.phtml";
const COMPANY: &str = "HARBOR";

/// Whoever asks, as the gateway is told.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) sender: String,
    pub(super) password: String,
    /// What stands in `authentication`.
    pub(super) authentication: String,
    /// More elements of the control block.
    pub(super) control: String,
    pub(super) transaction: bool,
}

impl Asker {
    /// A user of HARBOR with a secret, behind the sender of the stand-in.
    pub(super) fn login(user: &str, secret: &str) -> Self {
        Self::login_to(COMPANY, user, secret, None)
    }

    /// The same in a company, perhaps at an entity.
    pub(super) fn login_to(company: &str, user: &str, secret: &str, entity: Option<&str>) -> Self {
        let place = entity.map(|id| format!("<locationid>{}</locationid>", escaped(id)));
        Self::with(format!(
            "<login><userid>{}</userid><companyid>{}</companyid><password>{}</password>{}</login>",
            escaped(user),
            escaped(company),
            escaped(secret),
            place.unwrap_or_default()
        ))
    }

    /// Whoever has a session.
    pub(super) fn session(id: &str) -> Self {
        Self::with(format!("<sessionid>{}</sessionid>", escaped(id)))
    }

    fn with(authentication: String) -> Self {
        Self {
            sender: credentials().sender_id.clone(),
            password: credentials().sender_password.clone(),
            authentication,
            control: "<uniqueid>false</uniqueid>".to_owned(),
            transaction: false,
        }
    }

    /// The full administrator who may do all things.
    pub(super) fn admin() -> Self {
        Self::login("ws_sync", &credentials().user_password)
    }

    /// The body of a request for these functions; each is an element, its control id its number.
    pub(super) fn body(&self, functions: &[&str]) -> String {
        let numbered = functions.iter().enumerate();
        let functions: String = numbered
            .map(|(at, function)| format!("<function controlid=\"f{at}\">{function}</function>"))
            .collect();
        self.body_of(&functions)
    }

    /// The same with `function` elements that are given whole.
    pub(super) fn body_of(&self, functions: &str) -> String {
        let Self {
            sender,
            password,
            authentication,
            control,
            transaction,
        } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<request><control><senderid>{}</senderid><password>{}</password><controlid>the suite</controlid>{control}<dtdversion>3.0</dtdversion></control><operation transaction=\"{transaction}\"><authentication>{authentication}</authentication><content>{functions}</content></operation></request>",
            escaped(sender),
            escaped(password),
        )
    }
}

/// The gateway of a Sidegate.
pub(super) struct Gateway<'w> {
    pub(super) world: &'w World,
}

impl Gateway<'_> {
    /// The answer to a body, of a content type.
    pub(super) fn post(&self, body: &str, content_type: &str) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(PATH)
            .header("content-type", content_type)
            .body(Body::from(body.to_owned()));
        self.world.send(request.expect("a request"))
    }

    /// The answer to a body, read strictly.
    pub(super) fn send(&self, body: &str) -> Reply {
        let answer = self.post(body, "application/xml");
        let request = parse(body).expect("a request");
        read(&answer, &request)
            .unwrap_or_else(|why| panic!("{why}\n{}", String::from_utf8_lossy(&answer.body)))
    }

    pub(super) fn ask(&self, asker: &Asker, functions: &[&str]) -> Reply {
        self.send(&asker.body(functions))
    }

    /// What one function answers.
    pub(super) fn one(&self, asker: &Asker, function: &str) -> Outcome {
        self.ask(asker, &[function]).one()
    }

    /// A session for whoever asks: its id.
    pub(super) fn open(&self, asker: &Asker) -> String {
        opened(&self.one(asker, "<getAPISession/>"))
    }

    /// Makes a Web Services user with this body beside what each has, and a secret of her own.
    pub(super) fn new_user(&self, id: &str, more: &Json) -> Asker {
        let mut body = json!({
            "id": id, "accountEmail": format!("{id}@harbor.example"),
            "webServices": {"isRestricted": true},
            "contact": {"id": format!("of {id}"), "printAs": id, "firstName": id, "lastName": "Service"},
        });
        let members = more.as_object().expect("members").clone();
        body.as_object_mut().expect("members").extend(members);
        let token = self.world.token("ws_bare@HARBOR");
        let path = "/objects/company-config/user";
        let made = self.world.call("POST", path, Some(&token), Some(&body));
        assert_eq!(made.status, 201, "{}", made.json());
        let secret = self.give_secret(id);
        Asker::login(id, &secret)
    }

    /// Gives a user of HARBOR a secret.
    pub(super) fn give_secret(&self, id: &str) -> String {
        use sidegate_engine::credential::{SecretKind, generate};
        let engine = &self.world.engine;
        let harbor = company(engine, COMPANY);
        let key = key_of(engine, Some(harbor), "company-config/user", id);
        let secret = generate(&self.world.source, SecretKind::User);
        let stored = engine
            .stored_secret(&Owner::User(key), &secret)
            .expect("a hash");
        let done = engine.write(system(Some(harbor)), move |work| {
            work.add_user_secret(key, &stored)
        });
        done.wait().expect("a credential");
        secret
    }

    /// Changes a record of HARBOR over REST, as an administrator.
    pub(super) fn patch(&self, object: &str, id: &str, body: &Json) {
        let harbor = company(&self.world.engine, COMPANY);
        let key = key_of(&self.world.engine, Some(harbor), object, id);
        let token = self.world.token("ws_bare@HARBOR");
        let path = format!("/objects/{object}/{key}");
        let answer = self.world.call("PATCH", &path, Some(&token), Some(body));
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
}

/// The id of a session that was opened.
pub(super) fn opened(outcome: &Outcome) -> String {
    outcome.data().text_at("api/sessionid").to_owned()
}
