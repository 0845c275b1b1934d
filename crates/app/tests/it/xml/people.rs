//! Users, their contacts, restrictions and passwords, and timesheets that are decided for others, as the
//! gateway makes and changes them.

use serde_json::{Value as Json, json};

use super::gateway::{Asker, Gateway};
use crate::harness::{World, credentials};
use crate::support::{company, key_of};

const USER: &str = "company-config/user";

fn key(world: &World, object: &str, id: &str) -> i64 {
    let harbor = company(&world.engine, "HARBOR");
    key_of(&world.engine, Some(harbor), object, id).number()
}

/// A user, as REST shows her.
fn shown(world: &World, id: &str) -> Json {
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/{USER}/{}", key(world, USER, id));
    let answer = world.call("GET", &path, Some(&token), None);
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["ia::result"].clone()
}

fn create(gateway: &Gateway<'_>, members: &str) -> Result<(), String> {
    let function = format!("<create><USERINFO>{members}</USERINFO></create>");
    let outcome = gateway.one(&Asker::admin(), &function);
    if outcome.is_done() {
        return Ok(());
    }
    let (code, said) = outcome.refusal();
    Err(format!("{code} {said}"))
}

#[test]
fn a_user_comes_with_a_contact_that_is_there_or_a_new_one() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    // A new one, called as the user; its e-mail address is the account's.
    let new = "<LOGINID>ws_x1</LOGINID><LOGINDISABLED>true</LOGINDISABLED><CONTACTINFO><LASTNAME>New</LASTNAME><FIRSTNAME>Ws</FIRSTNAME><EMAIL1>x1@harbor.example</EMAIL1></CONTACTINFO>";
    create(&gateway, new).expect("a user");
    let user = shown(&world, "ws_x1");
    assert_eq!(user["accountEmail"], "x1@harbor.example");
    assert_eq!(user["contact"]["id"], "ws_x1");
    assert_eq!(user["userName"], "Ws New");
    assert_eq!(user["webServices"]["isRestricted"], true);
    // One that is there, with its own address; what it does not say is left as it is.
    let contact = "<create><CONTACT><CONTACTNAME>Desk</CONTACTNAME><PRINTAS>The desk</PRINTAS><LASTNAME>Desk</LASTNAME><FIRSTNAME>Front</FIRSTNAME><EMAIL1>desk@harbor.example</EMAIL1></CONTACT></create>";
    assert!(gateway.one(&Asker::admin(), contact).is_done());
    let taken = |id: &str, more: &str| {
        format!(
            "<LOGINID>{id}</LOGINID><CONTACTINFO><CONTACTNAME>Desk</CONTACTNAME>{more}</CONTACTINFO>"
        )
    };
    let refused = create(&gateway, &taken("ws_x2", "<LASTNAME>Other</LASTNAME>"));
    let refused = refused.expect_err("another last name");
    assert!(refused.contains("CONTACTINFO.LASTNAME"), "{refused}");
    assert!(refused.contains("Desk"), "{refused}");
    create(&gateway, &taken("ws_x2", "<LASTNAME>Desk</LASTNAME>")).expect("a user");
    let user = shown(&world, "ws_x2");
    assert_eq!(user["accountEmail"], "desk@harbor.example");
    assert_eq!(user["contact"]["id"], "Desk");
    // A contact is one user's.
    create(&gateway, &taken("ws_x3", "")).expect_err("the contact is another's");
    // Nothing says where mail goes.
    let silent = "<LOGINID>ws_x4</LOGINID><CONTACTINFO><LASTNAME>A</LASTNAME><FIRSTNAME>B</FIRSTNAME></CONTACTINFO>";
    let refused = create(&gateway, silent).expect_err("no address");
    assert!(refused.contains("EMAIL is required"), "{refused}");
    // Nobody is named at all.
    let nobody = "<LOGINID>ws_x5</LOGINID><EMAIL>x5@harbor.example</EMAIL>";
    create(&gateway, nobody).expect_err("no contact");
    // A new user is not inactive.
    let inactive = new
        .replace("ws_x1", "ws_x6")
        .replace("</LOGINID>", "</LOGINID><STATUS>inactive</STATUS>");
    create(&gateway, &inactive).expect_err("inactive");
}

#[test]
fn lists_restrict_and_are_cleared_when_they_are_not_sent() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    let two = "<LOGINID>ws_r1</LOGINID><LOGINDISABLED>true</LOGINDISABLED><CONTACTINFO><LASTNAME>R</LASTNAME><FIRSTNAME>W</FIRSTNAME><EMAIL1>r1@harbor.example</EMAIL1></CONTACTINFO><USERLOCATIONS><LOCATIONID>E100</LOCATIONID></USERLOCATIONS><USERLOCATIONS><LOCATIONID>E200</LOCATIONID></USERLOCATIONS><USERDEPARTMENTS><DEPARTMENTID>FIN</DEPARTMENTID></USERDEPARTMENTS>";
    create(&gateway, two).expect("a user");
    let ids = |user: &Json, list: &str| -> Vec<String> {
        let items = user[list].as_array().expect("a list").iter();
        items
            .map(|item| item["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let user = shown(&world, "ws_r1");
    // An entity is both: a place and an entity.
    assert_eq!(ids(&user, "locations"), ["E100", "E200"]);
    assert_eq!(ids(&user, "entities"), ["E100", "E200"]);
    assert_eq!(ids(&user, "departments"), ["FIN"]);
    assert_eq!(user["entityAccess"]["allowUnrestrictedAccess"], false);
    let update = |members: &str| {
        let function =
            format!("<update><USERINFO><LOGINID>ws_r1</LOGINID>{members}</USERINFO></update>");
        assert!(gateway.one(&Asker::admin(), &function).is_done());
        shown(&world, "ws_r1")
    };
    let user = update("<USERLOCATIONS><LOCATIONID>E100</LOCATIONID></USERLOCATIONS>");
    assert_eq!(ids(&user, "entities"), ["E100"]);
    assert!(ids(&user, "departments").is_empty());
    let user = update("<DESCRIPTION>Renamed</DESCRIPTION>");
    assert_eq!(user["userName"], "Renamed");
    assert!(ids(&user, "locations").is_empty() && ids(&user, "entities").is_empty());
    assert_eq!(user["entityAccess"]["allowUnrestrictedAccess"], true);
}

#[test]
fn a_reset_makes_a_secret_and_reads_false_afterwards() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    let asker = gateway.new_user("ws_reset", &json!({}));
    gateway.open(&asker);
    let before = world.mails().len();
    let reset = "<update><USERINFO><LOGINID>ws_reset</LOGINID><RESETPASSWORD>true</RESETPASSWORD></USERINFO></update>";
    assert!(gateway.one(&Asker::admin(), reset).is_done());
    assert!(world.mails().len() > before, "a mail brings the new one");
    assert!(
        gateway
            .ask(&asker, &["<getAPISession/>"])
            .failure()
            .is_some()
    );
    assert_eq!(
        shown(&world, "ws_reset")["password"]["requiresReset"],
        false
    );
}

#[test]
fn only_who_never_came_in_is_deleted() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    let asker = gateway.new_user("ws_gone", &json!({}));
    gateway.new_user("ws_never", &json!({}));
    gateway.open(&asker);
    let delete = |id: &str| {
        let key = key(&world, USER, id);
        let function = format!("<delete><object>USERINFO</object><keys>{key}</keys></delete>");
        gateway.one(&Asker::admin(), &function)
    };
    assert!(delete("ws_never").is_done());
    let kept = delete("ws_gone");
    assert!(
        kept.refusal().1.contains("make it inactive"),
        "{:?}",
        kept.refusal()
    );
}

#[test]
fn roles_are_read_and_neither_made_nor_changed() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let read = "<readByName><object>ROLES</object><keys>All access</keys></readByName>";
    assert!(gateway.one(&Asker::admin(), read).is_done());
    for (function, operation) in [
        ("<create><ROLES><NAME>New</NAME></ROLES></create>", "CREATE"),
        (
            "<update><ROLES><RECORDNO>1</RECORDNO><NAME>New</NAME></ROLES></update>",
            "UPDATE",
        ),
        (
            "<delete><object>ROLES</object><keys>1</keys></delete>",
            "DELETE",
        ),
    ] {
        let refused = gateway.one(&Asker::admin(), function);
        let (code, said) = refused.refusal();
        assert_eq!(code, "PL04000005", "{said}");
        let wanted =
            format!("API operation '{operation}' cannot be performed on objects of type roles");
        assert!(said.starts_with(&wanted), "{said}");
    }
}

#[test]
fn timesheets_are_decided_for_another_approver_by_web_services_users_only() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    let secret = |user: &str| match credentials().others.get(&format!("HARBOR/{user}")) {
        Some(secret) => secret.clone(),
        None => gateway.give_secret(user),
    };
    let decide = |user: &str, function: &str| {
        let asker = Asker::login(user, &secret(user));
        gateway.one(&asker, function)
    };
    let approve = |sheet: u32, more: &str| {
        format!("<approve><TIMESHEET><RECORDNO>{sheet}</RECORDNO>{more}</TIMESHEET></approve>")
    };
    // Whoever lacks the right is told so in the vendor's words.
    let refused = decide("ws_read", &approve(3, "<APPROVEDBY>gpark</APPROVEDBY>"));
    assert_eq!(refused.refusal().0, "PL04000005");
    assert!(
        refused
            .refusal()
            .1
            .starts_with("You do not have permission for API operation APPROVE")
    );
    // A standard user acts as herself only.
    let refused = decide("admin", &approve(1, "<APPROVEDBY>mkhan</APPROVEDBY>"));
    assert!(
        refused.refusal().1.contains("API Proxy"),
        "{:?}",
        refused.refusal()
    );
    let function = approve(1, "<APPROVEDBY>mkhan</APPROVEDBY><COMMENT>Fine</COMMENT>");
    assert!(decide("ws_time", &function).is_done());
    // The history tells who acted, for whom, and through which sender.
    let token = world.token("ws_sync@HARBOR");
    let query = json!({"object": "time/timesheet-approval-record",
        "fields": ["approvedBy.id", "completedBy.id", "comments", "state"],
        "filters": [{"$eq": {"timesheet.key": "1"}}, {"$eq": {"state": "approved"}}]});
    let answer = world.call("POST", "/services/core/query", Some(&token), Some(&query));
    let row = answer.json()["ia::result"][0].clone();
    assert_eq!(row["approvedBy.id"], "mkhan", "{}", answer.json());
    assert_eq!(row["completedBy.id"], "ws_time");
    assert_eq!(row["comments"], "Fine");
    // What is decided is not decided again.
    let again = decide("ws_time", &function);
    assert!(!again.is_done());
    // Other objects are approved elsewhere.
    let bill = decide(
        "ws_time",
        "<approve><APBILL><RECORDNO>1</RECORDNO></APBILL></approve>",
    );
    assert_eq!(bill.refusal().0, "PL04000005");
}
