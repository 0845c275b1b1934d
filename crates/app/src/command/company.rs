//! `sidegate company`: companies, who administers them first, and who may reach them.

use std::process::ExitCode;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use sidegate_engine::Door;
use sidegate_engine::authorizing::{Party, Row, Wanted};
use sidegate_engine::credential::{SecretKind, generate};
use sidegate_engine::filling::{Filled, MOST_FILLED};
use sidegate_engine::founding::{Founding, NewCompany};
use sidegate_model::Registry;

use super::party::say_near;
use super::secret::SecretArguments;
use super::{MOST_COMPANIES, Stop, engine_on, print, say};
use crate::settings::DatabaseArguments;

/// A filling says how far it is each time that so many users were looked at.
const FILL_TOLD: u32 = 10_000;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a company with its first full administrator, a standard user with a generated secret
    ///
    /// Prints the secret, once, or writes it to --secret-file.
    /// All of it is made or nothing; a server may run on the database meanwhile.
    Create(Box<Create>),
    /// Copy a company with everything in it to a new one, whose users get secrets of their own
    ///
    /// Prints one line a user who had a secret: user id, a tab, the new secret; or writes them to
    /// --secret-file.
    /// Tokens, idempotency keys and mails stay behind; audit entries go along, and so does what the
    /// company authorises: its client applications can act in the copy too.
    Copy(Box<Copy>),
    /// Let a client application act for a user of a company, a sender ID reach the company, or both
    ///
    /// All of it is done or nothing; a server may run on the database meanwhile.
    /// A row that is there already is left as it is; an inactive one is made active.
    Authorize(Box<Authorize>),
    /// Fill a company with many users, each with a contact, for benches and load tests
    ///
    /// Makes those of the users bench-0000001, bench-0000002 and so on that are not there yet, so
    /// that it can be called again with the same number after an interruption.
    /// Nine of ten are active, every other one is for Web Services only, every third has the
    /// company's first role if roles give permissions there, every fifth its first departments.
    /// None has a secret.
    /// Unlike all other writes, only the first user of each kind passes the rules; the others are
    /// copies of it with ids, names and keys of their own, and each thousand of them share one audit
    /// entry that says how many were made.
    /// A server may run on the database meanwhile.
    Fill(Fill),
    /// List the companies: id, permission type, status and name
    ///
    /// Prints one line a company, with tabs between the columns.
    List {
        #[command(flatten)]
        database: DatabaseArguments,
    },
}

#[derive(Args)]
struct Create {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The company's id, by which people and clients name it
    id: String,
    /// The company's name
    #[arg(long)]
    name: String,
    /// How its users get permissions
    #[arg(long, value_name = "TYPE", default_value = "role-based")]
    permission_type: PermissionType,
    /// The administrator's user id, also the name of her contact
    #[arg(long, value_name = "USER")]
    admin: String,
    /// The administrator's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The administrator's first name [default: the user id]
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// The administrator's last name [default: Administrator]
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
}

#[derive(Args)]
struct Copy {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The id of the company to copy
    from: String,
    /// The id of the new company
    to: String,
    /// The name of the new company [default: the original's]
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
}

#[derive(Args)]
#[command(group(ArgGroup::new("whom").args(["client", "sender"]).required(true).multiple(true)))]
struct Authorize {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The company's id
    company: String,
    /// The client application that may get tokens, for REST
    #[arg(long, value_name = "ID", requires = "user")]
    client: Option<String>,
    /// The Web Services user that the client application acts as
    #[arg(long, value_name = "USER", requires = "client")]
    user: Option<String>,
    /// The sender ID whose requests the company accepts, for XML
    #[arg(long, value_name = "ID")]
    sender: Option<String>,
    /// Words for the rows that are made
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Let the client application act as a user who is no Web Services user, also by a row that is there
    #[arg(long, requires = "client")]
    allow_standard_user: bool,
}

#[derive(Args)]
struct Fill {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The id of the company to fill
    id: String,
    /// How many users it is to have of these
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_FILLED)))]
    users: u32,
}

/// How users of a company get permissions.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PermissionType {
    RoleBased,
    UserBased,
}

impl PermissionType {
    /// Its word in the company's record.
    fn value(self) -> &'static str {
        match self {
            Self::RoleBased => "roleBased",
            Self::UserBased => "userBased",
        }
    }

    /// The word of a record as the command line spells it.
    fn shown(value: &str) -> String {
        let known = Self::value_variants().iter().find(|t| t.value() == value);
        known
            .and_then(ValueEnum::to_possible_value)
            .map_or_else(|| value.to_owned(), |word| word.get_name().to_owned())
    }
}

/// A company as the command line names it.
pub(crate) struct Named<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) permission_type: PermissionType,
    pub(crate) admin: &'a str,
    pub(crate) email: &'a str,
    pub(crate) first_name: Option<&'a str>,
    pub(crate) last_name: Option<&'a str>,
}

impl Named<'_> {
    /// The records to make, each value looked at.
    pub(crate) fn founding(&self, registry: &Registry) -> Result<Founding, Stop> {
        let new = NewCompany {
            id: self.id,
            name: self.name,
            permission_type: self.permission_type.value(),
            user: self.admin,
            email: self.email,
            first_name: self.first_name.unwrap_or(self.admin),
            last_name: self.last_name.unwrap_or("Administrator"),
        };
        Ok(new.founding(registry)?)
    }
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    match arguments.command {
        Command::Create(create) => make(*create),
        Command::Copy(copy) => copy_one(*copy),
        Command::Authorize(authorize) => let_in(*authorize),
        Command::Fill(fill) => fill_one(fill),
        Command::List { database } => list(database),
    }
}

fn copy_one(copy: Copy) -> Result<ExitCode, Stop> {
    let made = format!("the company {} was copied to {}", copy.from, copy.to);
    let (rows, had_secrets) = copy.secret.hand_over_after(&made, || {
        let engine = engine_on(copy.database)?;
        let done = engine.copy_company(&copy.from, &copy.to, copy.name.as_deref(), Door::Command);
        engine.stop();
        let done = done?;
        let line = |(user, secret): &(String, String)| format!("{user}\t{secret}");
        let lines: Vec<String> = done.secrets.iter().map(line).collect();
        Ok(((done.rows, !lines.is_empty()), lines))
    })?;
    let secrets = if had_secrets {
        format!("the secrets of its users are {}", copy.secret.place())
    } else {
        "none of its users had a secret".to_owned()
    };
    say(&format!("{made}: {rows} rows; {secrets}"));
    Ok(ExitCode::SUCCESS)
}

fn fill_one(fill: Fill) -> Result<ExitCode, Stop> {
    let engine = engine_on(fill.database)?;
    let company = engine.company(&fill.id)?;
    let done = company.map(|company| {
        let users = fill.users;
        engine.fill_company(company, users, Door::Command, &mut |at| {
            if at.is_multiple_of(FILL_TOLD) {
                say(&format!("{at} of {users} users"));
            }
        })
    });
    engine.stop();
    let Some(done) = done else {
        return Err(Stop::Failed(format!("there is no company {}", fill.id)));
    };
    let Filled { made, there } = done?;
    say(&format!(
        "the company {} was filled: {made} users made, {there} were there",
        fill.id
    ));
    Ok(ExitCode::SUCCESS)
}

fn make(create: Create) -> Result<ExitCode, Stop> {
    let engine = engine_on(create.database)?;
    let named = Named {
        id: &create.id,
        name: &create.name,
        permission_type: create.permission_type,
        admin: &create.admin,
        email: &create.email,
        first_name: create.first_name.as_deref(),
        last_name: create.last_name.as_deref(),
    };
    let done = named.founding(engine.registry()).and_then(|founding| {
        let secret = generate(engine.source(), SecretKind::User);
        create.secret.hand_over(&secret, || {
            engine.found_company(founding, &secret, Door::Command)?;
            Ok(())
        })
    });
    engine.stop();
    done?;
    made(&create.id, &create.admin, &create.secret);
    Ok(ExitCode::SUCCESS)
}

/// Says what was made and where the secret is.
pub(crate) fn made(id: &str, admin: &str, secret: &SecretArguments) {
    say(&format!(
        "the company {id} was made; the secret of its full administrator {admin} is {}",
        secret.place()
    ));
}

fn let_in(authorize: Authorize) -> Result<ExitCode, Stop> {
    let wanted = Wanted {
        company: &authorize.company,
        // Each requires the other, which clap sees to.
        client: authorize.client.as_deref().zip(authorize.user.as_deref()),
        sender: authorize.sender.as_deref(),
        description: authorize.description.as_deref(),
        allows_standard_user: authorize.allow_standard_user,
    };
    let engine = engine_on(authorize.database)?;
    let done = engine.authorize(wanted, Door::Command);
    let client = wanted.client.map(|(client, _)| (Party::Client, client));
    let sender = wanted.sender.map(|sender| (Party::Sender, sender));
    for (party, id) in client.into_iter().chain(sender) {
        say_near(&engine, party, id);
    }
    engine.stop();
    let done = done?;
    let company = wanted.company;
    if let (Some((client, user)), Some(row)) = (wanted.client, done.client) {
        let became = became(row);
        say(&format!(
            "the client application {client} may act for {user} in the company {company}: {became}"
        ));
    }
    if let (Some(sender), Some(row)) = (wanted.sender, done.sender) {
        let became = became(row);
        say(&format!(
            "the sender {sender} may reach the company {company}: {became}"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What became of a row, to end a sentence with.
fn became(row: Row) -> &'static str {
    match row {
        Row::Made => "the row for it was made",
        Row::Changed => "the row that was there was changed so",
        Row::Left => "the row was there already and is left as it is",
    }
}

fn list(database: DatabaseArguments) -> Result<ExitCode, Stop> {
    let engine = engine_on(database)?;
    let companies = engine.companies(MOST_COMPANIES);
    engine.stop();
    let mut companies = companies?;
    companies.sort_by(|one, other| one.id.cmp(&other.id));
    say("id\tpermission type\tstatus\tname");
    for company in companies {
        let permission_type = PermissionType::shown(&company.permission_type);
        let (id, status, name) = (company.id, company.status, company.name);
        print(&format!("{id}\t{permission_type}\t{status}\t{name}"));
    }
    Ok(ExitCode::SUCCESS)
}
