//! Roles over XML: read, and given by creating `USERROLES`; nothing else can be done to them.

use serde_json::json;

use super::gateway::{Asker, Gateway};
use crate::harness::World;
use crate::support::{company, key_of};

fn give(inner: &str) -> String {
    format!("<create><USERROLES>{inner}</USERROLES></create>")
}

const USER: &str = "<USERID>jlee</USERID>";

#[test]
fn a_role_is_given_beside_those_that_a_user_has() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let made = gateway.one(
        &asker,
        &give(&format!("{USER}<ROLENAME>Integration read</ROLENAME>")),
    );
    let key = made.data().text_at("userroles/RECORDNO").to_owned();
    let read = "<query><object>USERROLES</object><select><field>RECORDNO</field><field>USERID</field><field>ROLENAME</field></select><filter><equalto><field>USERID</field><value>jlee</value></equalto></filter><orderby><order><field>ROLENAME</field></order></orderby></query>";
    let rows = gateway.one(&asker, read);
    assert_eq!(rows.column("ROLENAME"), ["Accountant", "Integration read"]);
    assert_eq!(rows.column("RECORDNO")[1], key);
    let wrong = [
        ("", "USERID is required"),
        ("<ROLENAME>Accountant</ROLENAME>", "USERID is required"),
        (USER, "ROLENAME is required"),
        (
            "<USERID>jlee</USERID><ROLENAME></ROLENAME>",
            "ROLENAME is required",
        ),
        (
            "<USERID>jlee</USERID><ROLENAME>Accountant</ROLENAME><COLOUR>red</COLOUR>",
            "COLOUR is not a valid field",
        ),
        (
            "<USERID>jlee</USERID><USERID>mkhan</USERID><ROLENAME>Accountant</ROLENAME>",
            "USERID is given twice",
        ),
        (
            "<USERID>jlee</USERID><ROLENAME>No role</ROLENAME>",
            "There is no roles with the key No role",
        ),
        (
            "<USERID>nobody</USERID><ROLENAME>Accountant</ROLENAME>",
            "There is no userinfo with the key nobody",
        ),
        (
            "<USERID>jlee</USERID><ROLENAME>Integration read</ROLENAME>",
            "ROLENAME: another role of a user with the value Integration read already exists",
        ),
        (
            "<USERID>ws_sync</USERID><ROLENAME>Accountant</ROLENAME>",
            "You cannot change",
        ),
    ];
    for (inner, told) in wrong {
        let outcome = gateway.one(&asker, &give(inner));
        let (_, said) = outcome.refusal();
        assert!(said.starts_with(told), "{inner}: {said}");
    }
    let again = gateway.one(&asker, &give(wrong[8].0));
    assert_eq!(again.refusal().0, "BL34000061");
    assert_eq!(gateway.one(&asker, read).column("ROLENAME").len(), 2);
}

#[test]
fn whoever_may_not_change_users_gives_no_roles() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let login = gateway.new_user("ws_giver", &json!({"roles": [{"id": "All access"}]}));
    let outcome = gateway.one(
        &login,
        &give(&format!("{USER}<ROLENAME>All access</ROLENAME>")),
    );
    let (number, said) = outcome.refusal();
    assert_eq!(number, "PL04000005");
    let wanted = "You do not have permission for API operation CREATE on objects of type userroles";
    assert!(said.starts_with(wanted), "{said}");
}

#[test]
fn nothing_else_can_be_done_to_roles() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let harbor = company(&world.engine, "HARBOR");
    let role = key_of(
        &world.engine,
        Some(harbor),
        "company-config/role",
        "Accountant",
    );
    let functions = [
        ("CREATE", "roles", "<create><ROLES><NAME>R</NAME></ROLES></create>".to_owned()),
        (
            "UPDATE",
            "roles",
            format!("<update><ROLES><RECORDNO>{role}</RECORDNO><DESCRIPTION>R</DESCRIPTION></ROLES></update>"),
        ),
        ("DELETE", "roles", format!("<delete><object>ROLES</object><keys>{role}</keys></delete>")),
        (
            "UPDATE",
            "userroles",
            "<update><USERROLES><RECORDNO>1</RECORDNO><ROLENAME>Accountant</ROLENAME></USERROLES></update>".to_owned(),
        ),
        (
            "DELETE",
            "userroles",
            "<delete><object>USERROLES</object><keys>1</keys></delete>".to_owned(),
        ),
    ];
    for (word, object, function) in functions {
        let outcome = gateway.one(&Asker::admin(), &function);
        let (number, said) = outcome.refusal();
        assert_eq!(number, "PL04000005");
        let wanted =
            format!("API operation '{word}' cannot be performed on objects of type {object}");
        assert!(said.starts_with(&wanted), "{said}");
    }
}
