//! A rule that refuses over REST refuses over XML, by the same problem.

use serde_json::{Value as Json, json};
use sidegate_engine::Door;
use sidegate_engine::authorizing::Wanted;

use super::gateway::{Asker, Gateway};
use crate::harness::{World, credentials};
use crate::support::{company, key_of};

const USER: &str = "company-config/user";
const CONTACT: &str = "company-config/contact";
const DEPARTMENT: &str = "company-config/department";
const CLASS: &str = "company-config/class";

/// One rule, broken at both doors. `{id}` of the record in brackets stands for its key.
struct Broken {
    what: &'static str,
    /// Whether the limited administrator tries it, not the full one.
    is_limited: bool,
    method: &'static str,
    object: &'static str,
    /// The record that is changed or deleted.
    record: &'static str,
    body: Json,
    function: &'static str,
    /// The code of the gateway.
    code: &'static str,
    /// What the field is called at each door, where the problem names it.
    field: (&'static str, &'static str),
}

fn create(
    what: &'static str,
    object: &'static str,
    body: Json,
    function: &'static str,
    code: &'static str,
    field: (&'static str, &'static str),
) -> Broken {
    Broken {
        what,
        is_limited: false,
        method: "POST",
        object,
        record: "",
        body,
        function,
        code,
        field,
    }
}

fn update(
    what: &'static str,
    object: &'static str,
    record: &'static str,
    body: Json,
    function: &'static str,
    code: &'static str,
    field: (&'static str, &'static str),
) -> Broken {
    Broken {
        method: "PATCH",
        record,
        ..create(what, object, body, function, code, field)
    }
}

fn delete(
    what: &'static str,
    object: &'static str,
    record: &'static str,
    function: &'static str,
    code: &'static str,
) -> Broken {
    Broken {
        method: "DELETE",
        record,
        ..create(what, object, Json::Null, function, code, ("", ""))
    }
}

impl Broken {
    fn limited(self) -> Self {
        Self {
            is_limited: true,
            ..self
        }
    }
}

fn new_user(more: &Json) -> Json {
    let mut body = json!({
        "id": "ws_rule", "accountEmail": "rule@harbor.example",
        "contact": {"id": "of ws_rule", "printAs": "R", "firstName": "R", "lastName": "R"},
    });
    let more = more.as_object().expect("members").clone();
    body.as_object_mut().expect("members").extend(more);
    body
}

fn rules() -> Vec<Broken> {
    vec![
        create(
            "a duplicate id",
            USER,
            new_user(&json!({"id": "jlee"})),
            "<create><USERINFO><LOGINID>jlee</LOGINID><EMAIL>rule@harbor.example</EMAIL><CONTACTINFO><LASTNAME>R</LASTNAME><FIRSTNAME>R</FIRSTNAME><CONTACTNAME>of ws_rule</CONTACTNAME></CONTACTINFO></USERINFO></create>",
            "BL34000061",
            ("/id", "LOGINID"),
        ),
        create(
            "an unknown reference",
            CLASS,
            json!({"id": "R", "name": "R", "parent": {"id": "nowhere"}}),
            "<create><CLASS><CLASSID>R</CLASSID><NAME>R</NAME><PARENTID>nowhere</PARENTID></CLASS></create>",
            "BL03000018",
            ("/parent/id", "PARENTID"),
        ),
        create(
            "what is required is missing",
            DEPARTMENT,
            json!({"id": "R"}),
            "<create><DEPARTMENT><DEPARTMENTID>R</DEPARTMENTID></DEPARTMENT></create>",
            "BL03000018",
            ("/name", "TITLE"),
        ),
        create(
            "a text that is too long",
            DEPARTMENT,
            json!({"id": "a department with a long id", "name": "R"}),
            "<create><DEPARTMENT><DEPARTMENTID>a department with a long id</DEPARTMENTID><TITLE>R</TITLE></DEPARTMENT></create>",
            "BL03000018",
            ("/id", "DEPARTMENTID"),
        ),
        create(
            "an e-mail address that is none",
            USER,
            new_user(&json!({"accountEmail": "nobody"})),
            "<create><USERINFO><LOGINID>ws_rule</LOGINID><EMAIL>nobody</EMAIL><CONTACTINFO><LASTNAME>R</LASTNAME><FIRSTNAME>R</FIRSTNAME><CONTACTNAME>of ws_rule</CONTACTNAME></CONTACTINFO></USERINFO></create>",
            "BL03000018",
            ("/accountEmail", "EMAIL"),
        ),
        create(
            "a contact used twice",
            USER,
            new_user(&json!({"contact": {"id": "jlee"}})),
            "<create><USERINFO><LOGINID>ws_rule</LOGINID><EMAIL>rule@harbor.example</EMAIL><CONTACTINFO><CONTACTNAME>jlee</CONTACTNAME></CONTACTINFO></USERINFO></create>",
            "BL03000018",
            ("/contact", "CONTACTINFO.CONTACTNAME"),
        ),
        create(
            "a new user who is inactive",
            USER,
            new_user(&json!({"status": "inactive"})),
            "<create><USERINFO><LOGINID>ws_rule</LOGINID><EMAIL>rule@harbor.example</EMAIL><STATUS>inactive</STATUS><CONTACTINFO><LASTNAME>R</LASTNAME><FIRSTNAME>R</FIRSTNAME><CONTACTNAME>of ws_rule</CONTACTNAME></CONTACTINFO></USERINFO></create>",
            "BL03000018",
            ("/status", "STATUS"),
        ),
        create(
            "a Web Services user whose password expires",
            USER,
            new_user(&json!({"webServices": {"isRestricted": true}, "password": {"neverExpires": false}})),
            "<create><USERINFO><LOGINID>ws_rule</LOGINID><EMAIL>rule@harbor.example</EMAIL><LOGINDISABLED>true</LOGINDISABLED><PWDNEVEREXPIRES>false</PWDNEVEREXPIRES><CONTACTINFO><LASTNAME>R</LASTNAME><FIRSTNAME>R</FIRSTNAME><CONTACTNAME>of ws_rule</CONTACTNAME></CONTACTINFO></USERINFO></create>",
            "BL03000018",
            ("/password/neverExpires", "PWDNEVEREXPIRES"),
        ),
        update(
            "a field that is fixed",
            USER,
            "jlee",
            json!({"id": "jlee2"}),
            "<update><USERINFO><RECORDNO>[jlee]</RECORDNO><LOGINID>jlee2</LOGINID></USERINFO></update>",
            "BL03000018",
            ("/id", "LOGINID"),
        ),
        update(
            "a department below itself",
            DEPARTMENT,
            "FIN",
            json!({"parent": {"id": "AP"}}),
            "<update><DEPARTMENT><RECORDNO>[FIN]</RECORDNO><PARENTID>AP</PARENTID></DEPARTMENT></update>",
            "BL03000018",
            ("/parent", "PARENTID"),
        ),
        update(
            "one's own privileges",
            USER,
            "ws_sync",
            json!({"adminPrivileges": "off"}),
            "<update><USERINFO><LOGINID>ws_sync</LOGINID><ADMIN>false</ADMIN></USERINFO></update>",
            "BL03000018",
            ("/adminPrivileges", "ADMIN"),
        ),
        update(
            "the last full administrator",
            USER,
            "ws_sync",
            json!({"status": "inactive"}),
            "<update><USERINFO><LOGINID>ws_sync</LOGINID><STATUS>inactive</STATUS></USERINFO></update>",
            "BL03000018",
            ("/status", "STATUS"),
        ),
        delete(
            "a contact that a user has",
            CONTACT,
            "jlee",
            "<delete><object>CONTACT</object><keys>[jlee]</keys></delete>",
            "BL03000018",
        ),
        delete(
            "a user who came in",
            USER,
            "ws_sync",
            "<delete><object>USERINFO</object><keys>[ws_sync]</keys></delete>",
            "BL03000018",
        ),
        update(
            "a stronger user",
            USER,
            "ws_sync",
            json!({"userName": "R"}),
            "<update><USERINFO><LOGINID>ws_sync</LOGINID><DESCRIPTION>R</DESCRIPTION></USERINFO></update>",
            "PL04000005",
            ("", ""),
        )
        .limited(),
        create(
            "privileges above one's own",
            USER,
            new_user(&json!({"adminPrivileges": "full"})),
            "<create><USERINFO><LOGINID>ws_rule</LOGINID><EMAIL>rule@harbor.example</EMAIL><ADMIN>Full</ADMIN><CONTACTINFO><LASTNAME>R</LASTNAME><FIRSTNAME>R</FIRSTNAME><CONTACTNAME>of ws_rule</CONTACTNAME></CONTACTINFO></USERINFO></create>",
            "PL04000005",
            ("/adminPrivileges", "ADMIN"),
        )
        .limited(),
    ]
}

/// All that an answer of REST says.
fn said(answer: &Json) -> Vec<String> {
    let error = &answer["ia::result"]["ia::error"];
    let details = error["details"].as_array().cloned().unwrap_or_default();
    let errors = details.iter().chain([error]);
    let texts = errors.filter_map(|error| error["message"].as_str());
    texts.map(str::to_owned).collect()
}

#[test]
fn a_rule_refuses_at_both_doors_in_the_same_words() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let limited = gateway.new_user(
        "ws_limited",
        &json!({"adminPrivileges": "limited", "roles": [{"id": "All access"}]}),
    );
    let wanted = Wanted {
        company: "HARBOR",
        client: Some((&credentials().client_id, "ws_limited")),
        ..Wanted::default()
    };
    world
        .engine
        .authorize(wanted, Door::System)
        .expect("a pairing");
    // One full administrator is left, who came in.
    for other in ["admin", "ws_bare"] {
        let harbor = company(&world.engine, "HARBOR");
        let key = key_of(&world.engine, Some(harbor), USER, other);
        let token = world.token("ws_sync@HARBOR");
        let path = format!("/objects/{USER}/{key}");
        let off = json!({"adminPrivileges": "off"});
        let answer = world.call("PATCH", &path, Some(&token), Some(&off));
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    let session = |asker: &Asker| Asker::session(&gateway.open(asker));
    let full = (session(&Asker::admin()), world.token("ws_sync@HARBOR"));
    let limited = (session(&limited), world.token("ws_limited@HARBOR"));
    let mut wrong = Vec::new();
    let rules = rules();
    for rule in &rules {
        let (asker, token) = if rule.is_limited { &limited } else { &full };
        let mut path = format!("/objects/{}", rule.object);
        let mut function = rule.function.to_owned();
        if !rule.record.is_empty() {
            let harbor = company(&world.engine, "HARBOR");
            let key = key_of(&world.engine, Some(harbor), rule.object, rule.record).to_string();
            path = format!("{path}/{key}");
            function = function.replace(&format!("[{}]", rule.record), &key);
        }
        let body = (!rule.body.is_null()).then_some(&rule.body);
        let answer = world.call(rule.method, &path, Some(token), body);
        assert!(
            answer.status.is_client_error(),
            "{}: {}",
            rule.what,
            answer.status
        );
        let texts = said(&answer.json());
        let outcome = gateway.one(asker, &function);
        let (at_rest, in_xml) = rule.field;
        let same = outcome.errors.iter().find(|error| {
            let (text, _) = error
                .description2
                .split_once(" [Support ID: ")
                .expect("one");
            texts.iter().any(|said| {
                text == said || (!at_rest.is_empty() && text == said.replace(at_rest, in_xml))
            })
        });
        match same {
            Some(error) if error.number == rule.code => {}
            _ => wrong.push(format!(
                "{}: {texts:?}\n    {:?}",
                rule.what, outcome.errors
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{} rules refuse at both doors in the same words",
        rules.len()
    );
}
