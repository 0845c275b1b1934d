//! Roles over XML: read, and given by creating `USERROLES`; nothing else can be done to them.

use serde_json::json;

use super::answer::Outcome;
use super::gateway::{Asker, Gateway};
use crate::harness::{World, credentials};
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

/// Makes a group with these roles, and users in it.
fn group(gateway: &Gateway<'_>, id: &str, roles: &[&str], members: &[&str]) -> i64 {
    let token = gateway.world.token("ws_bare@HARBOR");
    let post = |object: &str, body: &serde_json::Value| {
        let path = format!("/objects/company-config/{object}");
        let answer = gateway.world.call("POST", &path, Some(&token), Some(body));
        assert_eq!(answer.status, 201, "{}", answer.json());
    };
    let roles: Vec<_> = roles.iter().map(|id| json!({"id": id})).collect();
    let body = json!({"id": id, "description": id, "roles": roles});
    post("user-group", &body);
    for member in members {
        let body = json!({"userGroup": {"id": id}, "user": {"id": member}});
        post("user-group-member", &body);
    }
    let harbor = company(&gateway.world.engine, "HARBOR");
    let group = "company-config/user-group";
    key_of(&gateway.world.engine, Some(harbor), group, id).number()
}

fn joined(rows: &Outcome, names: &[&str]) -> Vec<String> {
    let columns: Vec<Vec<String>> = names.iter().map(|name| rows.column(name)).collect();
    let rows = columns[0].len();
    (0..rows)
        .map(|row| {
            let cells: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
            cells.join(",")
        })
        .collect()
}

const OF_USERS: &str = "<query><object>ROLEUSERS</object><select><field>RECORDNO</field><field>ROLENAME</field><field>USERLOGINID</field><field>WHENCREATED</field></select><filter><like><field>USERLOGINID</field><value>ws_g%</value></like></filter><orderby><order><field>USERLOGINID</field></order><order><field>ROLENAME</field></order></orderby></query>";

#[test]
fn the_users_of_a_role_have_it_themselves_or_through_a_group_and_are_told_once() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let accountant = json!({"roles": [{"id": "Accountant"}]});
    gateway.new_user("ws_g1", &accountant);
    gateway.new_user("ws_g2", &json!({}));
    gateway.new_user("ws_g3", &json!({}));
    let roles = ["Accountant", "Integration read"];
    group(&gateway, "Ledger", &roles, &["ws_g1", "ws_g2"]);
    group(&gateway, "Again", &["Accountant"], &["ws_g2"]);
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let rows = gateway.one(&asker, OF_USERS);
    assert_eq!(rows.told("totalcount"), "4");
    assert_eq!(
        joined(&rows, &["ROLENAME", "USERLOGINID"]),
        [
            "Accountant,ws_g1",
            "Integration read,ws_g1",
            "Accountant,ws_g2",
            "Integration read,ws_g2"
        ]
    );
    // What she was given herself has the number and the times of that; the rest was made by nobody.
    let created: Vec<bool> = rows
        .column("WHENCREATED")
        .iter()
        .map(|time| !time.is_empty())
        .collect();
    assert_eq!(created, [true, false, false, false]);
    let keys = rows.column("RECORDNO");
    let own = "<query><object>USERROLES</object><select><field>RECORDNO</field></select><filter><equalto><field>USERID</field><value>ws_g1</value></equalto></filter></query>";
    assert_eq!(gateway.one(&asker, own).column("RECORDNO"), keys[..1]);
    // Each is found again by its number.
    let read = format!(
        "<read><object>ROLEUSERS</object><keys>{}</keys><fields>RECORDNO,USERLOGINID,ROLENAME</fields></read>",
        keys.join(",")
    );
    assert_eq!(gateway.one(&asker, &read).column("RECORDNO").len(), 4);
    // A total that was counted before is not told after a group lost its roles.
    gateway.patch("company-config/user-group", "Ledger", &json!({"roles": []}));
    let rows = gateway.one(&asker, OF_USERS);
    assert_eq!(
        joined(&rows, &["ROLENAME", "USERLOGINID"]),
        ["Accountant,ws_g1", "Accountant,ws_g2"]
    );
    // Pages go on by key.
    let page = "<readByQuery><object>ROLEUSERS</object><query>USERLOGINID like 'ws_g%'</query><fields>USERLOGINID</fields><pagesize>1</pagesize></readByQuery>";
    let page = gateway.one(&asker, page);
    assert_eq!(
        (
            page.told("numremaining"),
            page.column("USERLOGINID")[0].as_str()
        ),
        ("1".to_owned(), "ws_g1")
    );
    let more = format!(
        "<readMore><resultId>{}</resultId></readMore>",
        page.told("resultId")
    );
    assert_eq!(gateway.one(&asker, &more).column("USERLOGINID"), ["ws_g2"]);
}

#[test]
fn a_role_is_assigned_to_users_and_groups() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let read = json!({"roles": [{"id": "Integration read"}]});
    gateway.new_user("ws_g1", &read);
    let key = group(&gateway, "Ledger", &["Integration read"], &[]);
    let harbor = company(&world.engine, "HARBOR");
    let user = key_of(&world.engine, Some(harbor), "company-config/user", "ws_g1").number();
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let asked = |kind: &str, key: i64| {
        let function = format!(
            "<query><object>ROLEASSIGNMENT</object><select><field>ROLENAME</field><field>TYPE</field><field>RECORDNO</field></select><filter><and><equalto><field>TYPE</field><value>{kind}</value></equalto><equalto><field>USER_GROUP_KEY</field><value>{key}</value></equalto></and></filter></query>"
        );
        gateway.one(&asker, &function)
    };
    let of_user = asked("User", user);
    assert_eq!(
        joined(&of_user, &["ROLENAME", "TYPE"]),
        ["Integration read,User"]
    );
    let of_group = asked("Group", key);
    assert_eq!(
        joined(&of_group, &["ROLENAME", "TYPE"]),
        ["Integration read,Group"]
    );
    assert_ne!(of_user.column("RECORDNO"), of_group.column("RECORDNO"));
}

#[test]
fn roles_are_asked_for_by_their_users() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    gateway.new_user("ws_g1", &json!({"roles": [{"id": "Accountant"}]}));
    group(&gateway, "Ledger", &["Integration read"], &["ws_g1"]);
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let roles = "<query><object>ROLES</object><select><field>NAME</field><field>ROLEUSERS.USERLOGINID</field></select><filter><equalto><field>ROLEUSERS.USERLOGINID</field><value>ws_g1</value></equalto></filter><orderby><order><field>NAME</field></order></orderby></query>";
    let rows = gateway.one(&asker, roles);
    assert_eq!(rows.told("listtype"), "ROLES");
    assert_eq!(
        joined(&rows, &["NAME", "ROLEUSERS.USERLOGINID"]),
        ["Accountant,ws_g1", "Integration read,ws_g1"]
    );
    let counted = "<query><object>ROLES</object><select><field>NAME</field></select><filter><equalto><field>ROLEUSERS.USERLOGINID</field><value>nobody</value></equalto></filter></query>";
    assert_eq!(gateway.one(&asker, counted).told("totalcount"), "0");
    let unknown = roles.replace("ROLEUSERS.USERLOGINID", "ROLEUSERS.COLOUR");
    assert!(
        gateway
            .one(&asker, &unknown)
            .refusal()
            .1
            .contains("ROLEUSERS.COLOUR")
    );
}

#[test]
fn whoever_does_not_see_a_user_does_not_see_her_roles() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    let secret = &credentials().user_password;
    let at_entity = Asker::login_to("HARBOR", "ws_sync", secret, Some("E100"));
    let user = "<create><USERINFO><LOGINID>ws_g1</LOGINID><CONTACTINFO><LASTNAME>G</LASTNAME><FIRSTNAME>W</FIRSTNAME><EMAIL1>g1@harbor.example</EMAIL1></CONTACTINFO></USERINFO></create>";
    assert!(gateway.one(&at_entity, user).is_done());
    let role = give("<USERID>ws_g1</USERID><ROLENAME>Accountant</ROLENAME>");
    assert!(gateway.one(&at_entity, &role).is_done());
    let narrow = json!({"adminPrivileges": "full", "entities": [{"id": "E200"}]});
    let mut narrow = gateway.new_user("ws_narrow", &narrow);
    let place = "<locationid>E200</locationid></login>";
    narrow.authentication = narrow.authentication.replace("</login>", place);
    let plain = gateway.new_user("ws_plain", &json!({"roles": [{"id": "Accountant"}]}));
    let found = |asker: &Asker| gateway.one(asker, OF_USERS).column("USERLOGINID");
    assert_eq!(found(&Asker::admin()), ["ws_g1"]);
    assert!(found(&narrow).is_empty());
    let outcome = gateway.one(&plain, OF_USERS);
    assert_eq!(outcome.refusal().0, "PL04000005");
}
