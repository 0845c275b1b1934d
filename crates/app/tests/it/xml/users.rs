//! What becomes of a user's contact and password when she is changed over XML.

use super::answer::Reply;
use super::gateway::{Asker, Gateway};
use crate::harness::World;

const MADE: &str = "<create><USERINFO><LOGINID>ws_pass</LOGINID><LOGINDISABLED>true</LOGINDISABLED><EMAIL>pass@harbor.example</EMAIL><CONTACTINFO><LASTNAME>Doe</LASTNAME><FIRSTNAME>Jo</FIRSTNAME></CONTACTINFO></USERINFO></create>";

fn update(members: &str) -> String {
    format!("<update><USERINFO><LOGINID>ws_pass</LOGINID>{members}</USERINFO></update>")
}

#[test]
fn an_update_leaves_the_contact_alone() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    assert!(gateway.one(&asker, MADE).is_done());
    let last_name = || {
        let read = "<readByName><object>CONTACT</object><keys>ws_pass</keys><fields>LASTNAME</fields></readByName>";
        gateway.one(&asker, read).column("LASTNAME")
    };
    assert_eq!(last_name(), ["Doe"]);
    let other = "<DESCRIPTION>Jo</DESCRIPTION><CONTACTINFO><LASTNAME>Roe</LASTNAME></CONTACTINFO>";
    assert!(gateway.one(&asker, &update(other)).is_done());
    assert_eq!(last_name(), ["Doe"]);
    // Named, it has to be as it is told.
    let named = other.replace(
        "<CONTACTINFO>",
        "<CONTACTINFO><CONTACTNAME>ws_pass</CONTACTNAME>",
    );
    let outcome = gateway.one(&asker, &update(&named));
    let (number, said) = outcome.refusal();
    assert_eq!(number, "BL03000018");
    assert!(said.contains("exists with another value"), "{said}");
}

#[test]
fn a_new_password_ends_the_old_one() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    assert!(gateway.one(&asker, MADE).is_done());
    let delivered = || {
        let mails = world.mails();
        let mut hers = mails.iter().filter(|mail| mail.to == "pass@harbor.example");
        let last = hers.next_back().expect("a mail").body.clone();
        let begin = last.find("sg1_u").expect("a password");
        let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        last[begin..]
            .chars()
            .take_while(is_part)
            .collect::<String>()
    };
    let first = delivered();
    let classes = "<query><object>CLASS</object><select><field>RECORDNO</field></select></query>";
    let enters = |secret: &str| {
        let reply = gateway.ask(&Asker::login("ws_pass", secret), &[classes]);
        !matches!(reply, Reply::Authentication(_))
    };
    assert!(enters(&first));
    let reset = update("<RESETPASSWORD>true</RESETPASSWORD>");
    assert!(gateway.one(&asker, &reset).is_done());
    let second = delivered();
    assert_ne!(first, second);
    assert!(!enters(&first) && enters(&second));
    let read = "<readByName><object>USERINFO</object><keys>ws_pass</keys><fields>RESETPASSWORD,PWDNEVEREXPIRES,LOGINDISABLED</fields></readByName>";
    let row = gateway.one(&asker, read);
    assert_eq!(row.column("RESETPASSWORD"), ["false"]);
    assert_eq!(row.column("PWDNEVEREXPIRES"), ["true"]);
    assert_eq!(row.column("LOGINDISABLED"), ["true"]);
}
