//! What holds for a user: what she chose, else what her company says, else what is usual.

use serde_json::{Value, json};
use sidegate_engine::Preferences;

use crate::harness::World;
use crate::support::{company, key_of, system};

const OWN: &str = "/sidegate/v1/objects/sidegate/user-preference";
const SETTING: &str = "/sidegate/v1/objects/sidegate/company-setting/setup";
const COMPANY: &str = "/objects/company-config/company-preference/setup";

fn held(world: &World) -> Preferences {
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    let user = key_of(engine, Some(harbor), "company-config/user", "ws_sync");
    let found = engine.read(system(Some(harbor)), move |work| work.preferences(user));
    found.wait().expect("an answer")
}

#[test]
fn what_was_chosen_stands_before_the_companys_and_never_above_its_maximum() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let send = |method: &str, path: &str, body: &Value| {
        let answer = world.call(method, path, Some(&token), Some(body));
        let shown = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status.is_success(), "{method} {path}: {shown}");
        answer.json()
    };
    let times = |inactivity: i64, session: i64| {
        json!({"userSessionSettings": {"inactivityTimeOutMinutes": 90, "sessionTimeoutMinutes": 200,
            "userPreferenceInactivityMaxHours": inactivity, "userPreferenceTimeoutMaxHours": session}})
    };
    send("PATCH", COMPANY, &times(0, 6));
    send("PATCH", SETTING, &json!({"dateFormat": "DD/MM/YYYY"}));
    let mut wanted = Preferences {
        saved: None,
        time_zone: "UTC".to_owned(),
        date_format: "DD/MM/YYYY".to_owned(),
        list_style: "enhanced".to_owned(),
        theme: "system".to_owned(),
        inactivity_minutes: 90,
        session_minutes: 200,
        list_choices: None,
    };
    assert_eq!(held(&world), wanted);

    let chosen = json!({"timeZone": "Europe/Berlin", "dateFormat": "YYYY-MM-DD", "listStyle": "classic",
        "theme": "dark", "inactivityTimeOutMinutes": 1440, "sessionTimeoutMinutes": 360,
        "listChoices": {"a": {"view": "1"}}});
    let made = send("POST", OWN, &chosen);
    let key = made["ia::result"]["key"].as_str().expect("a key");
    wanted = Preferences {
        saved: sidegate_model::RecordKey::parse(key).map(|key| (key, 1)),
        time_zone: "Europe/Berlin".to_owned(),
        date_format: "YYYY-MM-DD".to_owned(),
        list_style: "classic".to_owned(),
        theme: "dark".to_owned(),
        inactivity_minutes: 1440,
        session_minutes: 360,
        list_choices: Some(r#"{"a":{"view":"1"}}"#.to_owned()),
    };
    assert_eq!(held(&world), wanted);

    // The company lowers its maximum: what was chosen before is cut, and may be saved again unchanged.
    send("PATCH", COMPANY, &times(2, 3));
    send("PATCH", &format!("{OWN}/{key}"), &json!({"theme": "light"}));
    let now = held(&world);
    assert_eq!((now.inactivity_minutes, now.session_minutes), (120, 180));
    assert_eq!(now.theme, "light");
}
