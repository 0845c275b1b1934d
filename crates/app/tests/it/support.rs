//! What several files of this suite need beside a World.

use serde_json::Value as Json;
use sidegate_engine::actor::Named;
use sidegate_engine::audit::{Verdict, verify_stride};
use sidegate_engine::server::Owner;
use sidegate_engine::sign_in::{Entrance, SignIn, SignInOutcome};
use sidegate_engine::{Call, Door, Engine, Saved};
use sidegate_model::{Definition, Draft, Failure, Given, Operation, RecordKey, Result, Value};
use sidegate_store::Connection;
use sidegate_store::sql::Text;
use sidegate_web::rest::{draft::draft, json};

/// A call of Sidegate itself in a company, or on the server.
pub(crate) fn system(company: Option<RecordKey>) -> Call {
    Call::system(company, Door::System)
}

/// The company of an id.
pub(crate) fn company(engine: &Engine, id: &str) -> RecordKey {
    engine
        .company(id)
        .expect("an answer")
        .expect("the company is there")
}

/// A body of the REST door as a draft.
pub(crate) fn drafted(engine: &Engine, object: &str, operation: Operation, body: &Json) -> Draft {
    let definition = engine.registry().named(object).expect("declared");
    let node = json::parse(body.to_string().as_bytes()).expect("JSON");
    draft(engine.registry(), definition, operation, &node).expect("a draft")
}

/// The key of the record that people call so.
pub(crate) fn key_of(
    engine: &Engine,
    company: Option<RecordKey>,
    object: &str,
    id: &str,
) -> RecordKey {
    let (object, id) = (object.to_owned(), id.to_owned());
    let found = engine.read(system(company), move |work| {
        work.find(work.object(&object), &id)
    });
    found.wait().expect("an answer").expect("a record")
}

/// Values of text as a draft.
pub(crate) fn drafted_values(definition: &Definition, fields: &[(&str, &str)]) -> Draft {
    let mut draft = Draft::default();
    for (name, value) in fields {
        let field = definition.named(name).expect("declared").index;
        draft.set(field, format!("/{name}"), Given::Value(Value::from(*value)));
    }
    draft
}

/// Changes fields of a record in the name of the system.
pub(crate) fn set(
    engine: &Engine,
    company: Option<RecordKey>,
    object: &str,
    key: RecordKey,
    fields: &[(&str, &str)],
) -> Result<Saved> {
    let draft = drafted_values(engine.registry().named(object).expect("declared"), fields);
    let object = object.to_owned();
    let done = engine.write(system(company), move |work| {
        work.update(work.object(&object), key, &draft, None)
    });
    done.wait()
}

/// A user who comes with her secret through the gateway, behind some sender.
pub(crate) fn at_gateway(company: &str, user: &str, secret: &str) -> SignIn {
    SignIn {
        company: company.to_owned(),
        user: user.to_owned(),
        secret: secret.to_owned(),
        entity: None,
        entrance: Entrance::Gateway,
        sender: Some(Named {
            key: RecordKey::new(1).expect("a key"),
            id: "some-sender".to_owned(),
        }),
    }
}

/// A person of HARBOR at the console.
pub(crate) fn at_console(user: &str, secret: &str) -> SignIn {
    SignIn {
        entrance: Entrance::Console,
        sender: None,
        ..at_gateway("HARBOR", user, secret)
    }
}

/// Gives a user of HARBOR a chosen password.
pub(crate) fn choose(engine: &Engine, user: &str, password: &str) {
    let harbor = company(engine, "HARBOR");
    let key = key_of(engine, Some(harbor), "company-config/user", user);
    let stored = engine
        .stored_secret(&Owner::User(key), password)
        .expect("a hash");
    let done = engine.write(system(Some(harbor)), move |work| {
        work.add_user_secret(key, &stored)
    });
    done.wait().expect("a credential");
}

/// How a sign-in from an address ends.
pub(crate) fn sign_in(engine: &Engine, asked: &SignIn, address: &str) -> SignInOutcome {
    let mut call = system(None);
    call.address = address.to_owned();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(engine.sign_in(asked.clone(), call))
        .expect("an answer")
}

/// The codes of a refusal.
pub(crate) fn codes(failure: &Failure) -> Vec<&'static str> {
    match failure {
        Failure::Refused(problems) => problems.iter().map(|p| p.code.rest).collect(),
        Failure::Broken(error) => panic!("{error}"),
    }
}

/// The rows of a statement of the test's own: numbers as text, null as nothing.
pub(crate) fn rows(connection: &mut Connection, columns: usize, sql: &str) -> Vec<Vec<String>> {
    let text = Text {
        sql: sql.into(),
        slots: Vec::new(),
    };
    let mut rows = Vec::new();
    connection
        .visit(&text, &[], &mut |row| {
            rows.push(
                (0..columns)
                    .map(|at| row.text(at).unwrap_or_default().to_owned())
                    .collect(),
            );
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
    rows
}

/// One whole number of a statement of the test's own, which selects it as text.
pub(crate) fn number(connection: &mut Connection, sql: &str) -> i64 {
    rows(connection, 1, sql)[0][0].parse().expect("a number")
}

/// What a walk along the audit chain of a company finds.
pub(crate) fn verified(engine: &Engine, company: RecordKey) -> Verdict {
    let mut last = (0, Vec::new());
    loop {
        let (number, hash) = last.clone();
        let walked = engine.read(system(Some(company)), move |work| {
            verify_stride(work, number, &hash)
        });
        match walked.wait().expect("an answer") {
            Ok(next) => last = next,
            Err(verdict) => return verdict,
        }
    }
}
