//! Pages of `readByQuery` and `readMore`: stable while others write, and nobody else's.

use std::collections::BTreeSet;

use serde_json::json;

use super::answer::Outcome;
use super::gateway::{Asker, Gateway};
use crate::harness::World;
use crate::support::{company, key_of};

const FIRST: &str = "<readByQuery><object>CONTACT</object><query>CONTACTNAME like 'page %'</query><fields>RECORDNO,CONTACTNAME</fields><pagesize>2</pagesize></readByQuery>";
const NOTHING_LEFT: &str = "there is nothing left to read under this id";

fn contact(name: &str) -> String {
    format!(
        "<create><CONTACT><CONTACTNAME>{name}</CONTACTNAME><PRINTAS>{name}</PRINTAS></CONTACT></create>"
    )
}

fn more(outcome: &Outcome) -> String {
    format!(
        "<readMore><resultId>{}</resultId></readMore>",
        outcome.told("resultId")
    )
}

fn refused(outcome: &Outcome) {
    let (number, told) = outcome.refusal();
    assert_eq!(number, "DL02000001");
    assert!(told.contains(NOTHING_LEFT), "{told}");
}

#[test]
fn pages_stand_still_while_records_come_and_go() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let reader = Asker::session(&gateway.open(&Asker::admin()));
    let writer = Asker::session(&gateway.open(&Asker::admin()));
    for number in 0..9 {
        assert!(
            gateway
                .one(&writer, &contact(&format!("page {number}")))
                .is_done()
        );
    }
    let first = gateway.one(&reader, FIRST);
    assert_eq!(first.told("totalcount"), "9");
    let mut seen = first.column("CONTACTNAME");
    let mut page = first.clone();
    let mut made = 9;
    while page.told("numremaining") != "0" {
        // One that is read already goes, one that is not goes, and a new one comes.
        let read = seen[0].clone();
        gateway.one(
            &writer,
            &format!("<delete_contact contactname=\"{read}\"/>"),
        );
        if made == 10 {
            gateway.one(&writer, "<delete_contact contactname=\"page 7\"/>");
        }
        assert!(
            gateway
                .one(&writer, &contact(&format!("page {made}")))
                .is_done()
        );
        made += 1;
        page = gateway.one(&reader, &more(&page));
        assert_eq!(page.told("totalcount"), "9", "as at the first page");
        let read = page.column("CONTACTNAME");
        assert!(read.len() <= 2, "{read:?}");
        seen.extend(read);
    }
    let wanted: Vec<String> = [0, 1, 2, 3, 4, 5, 6, 8].map(|n| format!("page {n}")).into();
    assert_eq!(
        seen, wanted,
        "in the order of keys, none twice, none that came later"
    );
    assert_eq!(page.told("resultId"), "");
    // An id leads to the same page as often as it is asked.
    let again = gateway.one(&reader, &more(&first));
    assert_eq!(again.column("CONTACTNAME"), ["page 2", "page 3"]);
}

#[test]
fn what_is_left_belongs_to_one_session_of_one_user() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    for number in 0..5 {
        gateway.one(&Asker::admin(), &contact(&format!("page {number}")));
    }
    let login = gateway.new_user("ws_pages", &json!({"roles": [{"id": "All access"}]}));
    let session = |asker: &Asker| Asker::session(&gateway.open(asker));
    let (mine, second, other) = (session(&login), session(&login), session(&Asker::admin()));
    let first = gateway.one(&mine, FIRST);
    for stranger in [&second, &other, &login, &Asker::admin()] {
        refused(&gateway.one(stranger, &more(&first)));
    }
    let id = first.told("resultId");
    assert!(id.len() >= 20, "{id}");
    for wrong in ["", "1", &id[1..]] {
        let made_up = format!("<readMore><resultId>{wrong}</resultId></readMore>");
        refused(&gateway.one(&mine, &made_up));
    }
    // By object: the latest query of this session.
    let by_object = "<readMore><object>CONTACT</object></readMore>";
    refused(&gateway.one(&second, by_object));
    let page = gateway.one(&mine, by_object);
    assert_eq!(page.column("CONTACTNAME"), ["page 2", "page 3"]);
    let page = gateway.one(&mine, by_object);
    assert_eq!(page.column("CONTACTNAME"), ["page 4"]);
    // Without a session, by the same login.
    let of_login = gateway.one(&login, FIRST);
    assert_eq!(
        gateway.one(&login, &more(&of_login)).column("CONTACTNAME"),
        ["page 2", "page 3"]
    );
    refused(&gateway.one(&mine, &more(&of_login)));
    // It dies with its session, also when she opens another.
    world.source.advance(24 * 3600 * 1_000_000);
    refused(&gateway.one(&session(&login), &more(&first)));
    refused(&gateway.one(&login, &more(&of_login)));
}

#[test]
fn a_right_taken_between_pages_is_gone_with_the_next() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    for number in 0..3 {
        gateway.one(&Asker::admin(), &contact(&format!("page {number}")));
    }
    let login = gateway.new_user("ws_pages", &json!({"roles": [{"id": "All access"}]}));
    let mine = Asker::session(&gateway.open(&login));
    let first = gateway.one(&mine, FIRST);
    gateway.patch("company-config/user", "ws_pages", &json!({"roles": []}));
    let outcome = gateway.one(&mine, &more(&first));
    assert_eq!(outcome.refusal().0, "PL04000005");
}

#[test]
fn pages_of_every_size_have_every_record_once() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let all = "<readByQuery><object>contact</object><query></query><fields>RECORDNO</fields><pagesize>2000</pagesize></readByQuery>";
    let whole = gateway.one(&asker, all).column("RECORDNO");
    assert!(whole.len() >= 9, "{whole:?}");
    for size in [1, 2, 3, whole.len() - 1, whole.len(), whole.len() + 1] {
        let asked = all.replace(">2000<", &format!(">{size}<"));
        let mut page = gateway.one(&asker, &asked);
        let mut seen = page.column("RECORDNO");
        while page.told("numremaining") != "0" {
            assert_eq!(page.told("count"), size.to_string());
            page = gateway.one(&asker, &more(&page));
            seen.extend(page.column("RECORDNO"));
        }
        assert_eq!(seen, whole, "pages of {size}");
    }
    let once: BTreeSet<&String> = whole.iter().collect();
    assert_eq!(once.len(), whole.len());
    let harbor = company(&world.engine, "HARBOR");
    let key = key_of(
        &world.engine,
        Some(harbor),
        "company-config/contact",
        "jlee",
    );
    assert!(whole.contains(&key.to_string()));
    for size in ["0", "2001", "-1", "x"] {
        let asked = all.replace(">2000<", &format!(">{size}<"));
        let outcome = gateway.one(&asker, &asked);
        assert!(outcome.refusal().1.contains("pagesize"), "{outcome:?}");
    }
}
