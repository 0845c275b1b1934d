//! `audit verify` on a trail that somebody tampered with.

use sidegate_store::Connection;

use crate::process::{Server, empty, key_file, make_contact, place, run};
use crate::support::{number, rows};

#[test]
fn audit_verify_finds_what_was_changed_or_taken_away_and_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = empty(folder.path());
    let server = Server::demo(folder.path(), Some(&location), &[]);
    make_contact(&server, folder.path(), "kept");
    server.stop();
    let key = key_file(folder.path()).display().to_string();
    let verify = || {
        let output = run(&[
            "audit",
            "verify",
            "--database",
            &place(&location),
            "--key-file",
            &key,
            "--company",
            "HARBOR",
        ]);
        (
            output.status.code(),
            String::from_utf8(output.stdout)
                .expect("text")
                .trim_end()
                .to_owned(),
        )
    };
    let mut connection =
        Connection::open(&location, sidegate_store::backend::Access::Write).expect("the database");
    let last = number(
        &mut connection,
        "select cast(max(\"key\") as text) from \"audit_entry\" where \"company\" = (select \"key\" from \"company\" where \"id\" = 'HARBOR')",
    );
    assert_eq!(
        verify(),
        (
            Some(0),
            format!("HARBOR: {last} entries, the chain is whole")
        )
    );
    // Each on a copy of the trail, which comes back afterwards.
    let kept = "create table kept_entry as select * from \"audit_entry\"; create table kept_line as select * from \"audit_line\";";
    connection.batch(kept).expect("copies");
    let back = "delete from \"audit_line\"; delete from \"audit_entry\"; \
                insert into \"audit_entry\" select * from kept_entry; insert into \"audit_line\" select * from kept_line;";
    let line = rows(&mut connection, 1, "select cast(max(\"key\") as text) from \"audit_line\" where \"company\" = (select \"key\" from \"company\" where \"id\" = 'HARBOR') and \"entry\" = 7 and \"after\" is not null")[0][0].clone();
    let swap = "update \"audit_line\" set \"after\" = 'x' where \"key\" = ";
    let tampered: Vec<(String, i64)> = vec![
        ("update \"audit_entry\" set \"actor\" = 4 where \"key\" = 5".to_owned(), 5),
        ("update \"audit_entry\" set \"at\" = \"at\" + 1 where \"key\" = 1".to_owned(), 1),
        ("update \"audit_entry\" set \"event\" = 'delete' where \"key\" = 9".to_owned(), 9),
        (format!("{swap}{line}"), 7),
        (format!("delete from \"audit_line\" where \"key\" = {line}"), 7),
        (format!("update \"audit_line\" set \"before\" = '' where \"key\" = {line}"), 7),
        (format!("update \"audit_line\" set \"entry\" = 8 where \"key\" = {line}"), 7),
        ("delete from \"audit_line\" where \"entry\" = 12; delete from \"audit_entry\" where \"key\" = 12;".to_owned(), 12),
        ("delete from \"audit_line\" where \"entry\" = 1; delete from \"audit_entry\" where \"key\" = 1;".to_owned(), 1),
        (format!("delete from \"audit_line\" where \"entry\" = {last}; delete from \"audit_entry\" where \"key\" = {last};"), last),
        ("delete from \"audit_line\"; delete from \"audit_entry\";".to_owned(), 1),
        ("update \"audit_entry\" set \"hash\" = (select e.\"hash\" from \"audit_entry\" e where e.\"key\" = 3 and e.\"company\" = \"audit_entry\".\"company\") where \"key\" = 4".to_owned(), 4),
    ];
    for (sql, entry) in tampered {
        connection.batch(&sql).expect("a change");
        let (code, said) = verify();
        assert_eq!(code, Some(1), "{sql}: {said}");
        assert!(
            said.contains(&format!("breaks at entry {entry}:")),
            "{sql}: {said}"
        );
        connection.batch(back).expect("the trail as it was");
    }
    assert_eq!(verify().0, Some(0));
    let other = run(&[
        "audit",
        "verify",
        "--database",
        &place(&location),
        "--key-file",
        &key,
        "--company",
        "NOBODY",
    ]);
    assert_eq!(other.status.code(), Some(1));
}
