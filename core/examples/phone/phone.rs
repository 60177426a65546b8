//! The opened phone: calls by name, who it acts for, what it says after each command, and watching.

use crate::{lines, texts, words};
use kairan_core::{
    CallError, Kairan, Listener, Network, Options, call,
    keys::SoftwarePlatform,
    records::{Alert, DeskName, Me, OpState, PersonLine, Screen, WaitingOp},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{Arc, mpsc},
};

/// What stops a command.
pub enum Trouble {
    /// The core says so.
    Call(CallError),
    /// No such person, notice or group by this name.
    NotFound(String),
    /// Several of this name.
    Several(String, Vec<String>),
    /// Several people use this phone.
    WhoIsIt(Vec<String>),
    /// Nothing works without joining.
    NotJoined,
    /// The terminal, the folder or the listener fails.
    Own(String),
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        if error.code == "not_joined" { Self::NotJoined } else { Self::Call(error) }
    }
}

impl From<kairan_core::error::Error> for Trouble {
    fn from(error: kairan_core::error::Error) -> Self {
        CallError::from(error).into()
    }
}

impl Trouble {
    /// For scripts.
    pub fn json(&self) -> Value {
        let (code, message) = match self {
            Self::Call(error) => (error.code.as_str(), error.message.clone()),
            Self::NotFound(what) => ("not_found", what.clone()),
            Self::Several(what, names) => ("several", format!("{what}: {}", names.join(", "))),
            Self::WhoIsIt(names) => ("who_is_it", names.join(", ")),
            Self::NotJoined => ("not_joined", String::new()),
            Self::Own(message) => ("own", message.clone()),
        };
        json!({ "error": { "code": code, "message": message } })
    }
}

/// A phone in a folder.
pub struct Phone {
    kairan: Arc<Kairan>,
    offline: bool,
    /// Whether records are printed instead of words.
    pub json: bool,
    person: Option<String>,
}

impl Phone {
    pub fn open(dir: &Path, offline: bool, json: bool, person: Option<String>) -> Result<Self, Trouble> {
        let platform = SoftwarePlatform::new(dir).map_err(|error| Trouble::Own(error.to_string()))?;
        let network = Network::default();
        if offline {
            network.cut();
        }
        let kairan = Kairan::open_with(dir, Arc::new(platform), Options { network, ..Options::default() })?;
        Ok(Self { kairan, offline, json, person })
    }

    /// The phone of the practice neighbourhood, in a folder of its own inside.
    pub fn practise(dir: &Path, json: bool) -> Result<Self, Trouble> {
        let platform = SoftwarePlatform::new(dir).map_err(|error| Trouble::Own(error.to_string()))?;
        let kairan = Kairan::practice_with(dir.join("practice"), Arc::new(platform), Options::default())?;
        Ok(Self { kairan, offline: false, json, person: None })
    }

    /// A method's answer as it comes.
    pub fn raw(&self, name: &str, arguments: &Value) -> Result<String, Trouble> {
        Ok(call(&self.kairan, name, &arguments.to_string())?)
    }

    /// A method's answer as a record.
    pub fn ask<T: DeserializeOwned>(&self, name: &str, arguments: &Value) -> Result<T, Trouble> {
        let answer = self.raw(name, arguments)?;
        serde_json::from_str(&answer).map_err(|error| Trouble::Own(error.to_string()))
    }

    /// Exchanges with the server, unless told not to. Out of reach is no trouble: the phone works with what it has.
    pub fn sync(&self) -> Result<bool, Trouble> {
        if self.offline {
            return Ok(false);
        }
        match self.raw("sync", &json!({})) {
            Ok(_) => Ok(true),
            Err(Trouble::Call(error)) if error.code == "offline" => {
                if !self.json {
                    eprintln!("{}", words::OUT_OF_REACH);
                }
                Ok(false)
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Exchanges with the server where that is possible.
    pub fn sync_quietly(&self) {
        if !self.offline {
            // It goes out with the next command.
            let _ = self.raw("sync", &json!({}));
        }
    }

    /// The people of this phone.
    pub fn persons(&self) -> Result<Vec<PersonLine>, Trouble> {
        let me: Me = self.ask("me", &json!({}))?;
        if me.joined { Ok(me.persons) } else { Err(Trouble::NotJoined) }
    }

    /// Whom the command acts for: the one named, or the only one.
    pub fn person(&self) -> Result<String, Trouble> {
        let persons = self.persons()?;
        match (&self.person, persons.as_slice()) {
            (Some(wanted), _) => {
                let known = persons.iter().map(|person| (person.id.as_str(), person.name.as_str()));
                lines::one_of(wanted, known).map(str::to_owned)
            }
            (None, [only]) => Ok(only.id.clone()),
            (None, _) => Err(Trouble::WhoIsIt(persons.into_iter().map(|person| person.name).collect())),
        }
    }

    /// Prints a record for scripts, or what `say` makes of it for people.
    pub fn show<T: DeserializeOwned>(&self, answer: &str, say: impl FnOnce(&T) -> String) -> Result<(), Trouble> {
        if self.json {
            println!("{answer}");
            return Ok(());
        }
        let record: T = serde_json::from_str(answer).map_err(|error| Trouble::Own(error.to_string()))?;
        println!("{}", say(&record).trim_end());
        Ok(())
    }

    /// Sends what was just done and says how it stands: arrived, waiting, or refused.
    pub fn done(&self, op: &str, arrived: &str) -> Result<(), Trouble> {
        self.sync()?;
        // A phone that was erased in between has nothing waiting.
        let waiting: Vec<WaitingOp> = self.ask("outbox", &json!({}))?;
        let held = waiting.iter().find(|held| held.id == op);
        if self.json {
            println!("{}", json!({ "op": op, "arrived": held.is_none(), "waiting": held }));
            return Ok(());
        }
        match held {
            None => println!("{arrived}"),
            Some(held) if held.state == OpState::Refused => {
                println!("受け付けられませんでした。{}", words::code(held.code.as_deref().unwrap_or_default()));
            }
            Some(_) => println!("{}", words::SAVED),
        }
        Ok(())
    }

    pub fn outbox(&self) -> Result<(), Trouble> {
        if self.persons().is_ok() {
            self.sync()?;
        }
        self.show(&self.raw("outbox", &json!({}))?, |waiting: &Vec<WaitingOp>| lines::outbox(waiting))
    }

    pub fn retry(&self, id: &str) -> Result<(), Trouble> {
        let op: String = self.ask("retry", &json!({ "op": id }))?;
        self.done(&op, "送りました。")
    }

    pub fn discard(&self, id: &str) -> Result<(), Trouble> {
        self.raw("discard", &json!({ "op": id }))?;
        self.show("null", |(): &()| "取り消しました。".to_owned())
    }

    /// Prints what changes until somebody presses Ctrl-C.
    pub fn watch(&self) -> Result<(), Trouble> {
        struct Teller(mpsc::Sender<Vec<Screen>>);
        impl Listener for Teller {
            fn on_change(&self, screens: Vec<Screen>) {
                // Nobody hears it any more when the command ends.
                let _ = self.0.send(screens);
            }
        }
        self.persons()?;
        let (tells, hears) = mpsc::channel();
        self.kairan.set_listener(Arc::new(Teller(tells)))?;
        self.kairan.start();
        if !self.json {
            println!("変わったことをお知らせします。終わるときは Ctrl-C を押してください。");
        }
        let own = |error: std::io::Error| Trouble::Own(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(own)?;
        let (ends, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = ends.send(runtime.block_on(tokio::signal::ctrl_c()));
        });
        let mut told = String::new();
        self.alert()?;
        loop {
            if ended.try_recv().is_ok() {
                self.kairan.stop();
                return Ok(());
            }
            if let Ok(screens) = hears.recv_timeout(std::time::Duration::from_millis(200)) {
                self.tell(&screens, &mut told)?;
            }
        }
    }

    /// Raises what notifications are for, each once.
    fn alert(&self) -> Result<(), Trouble> {
        let me: Me = self.ask("me", &json!({}))?;
        for person in me.persons {
            let alerts: Vec<Alert> = self.ask("alerts", &json!({ "person": person.id }))?;
            for alert in alerts {
                if self.json {
                    println!("{}", json!({ "alert": alert }));
                } else {
                    println!("{}", lines::alert(&alert));
                }
                self.raw("alert_raised", &json!({ "id": alert.id }))?;
            }
        }
        Ok(())
    }

    fn tell(&self, screens: &[Screen], told: &mut String) -> Result<(), Trouble> {
        if self.json {
            println!("{}", json!({ "changed": screens }));
            return self.alert();
        }
        self.alert()?;
        let me: Me = self.ask("me", &json!({}))?;
        if !me.joined {
            println!("{}", texts::phones::GONE);
            return Ok(());
        }
        let mut news = Vec::new();
        for person in me.persons {
            news.push(lines::glance(&self.ask("home", &json!({ "person": person.id }))?));
            let desks: Vec<DeskName> = self.ask("desks", &json!({ "person": person.id }))?;
            for desk in desks {
                news.push(lines::glance_at_desk(&self.ask("desk", &json!({ "group": desk.group }))?));
            }
        }
        let news = news.join("\n");
        if news != *told {
            println!("{news}");
            *told = news;
        }
        Ok(())
    }
}
