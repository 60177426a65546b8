//! Exchange with the server: once when asked, or by itself while started; and who is told what changed.

use super::{Kairan, SyncReport, Threads};
use crate::{
    error::Error,
    plan::Input,
    runtime::{Listener, Running, full_round},
};
use std::sync::Arc;

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// Sends everything that waits and gets everything that is new.
    pub async fn sync(&self) -> Result<SyncReport, Error> {
        let engine = self.engine.clone();
        let report = self.on_threads(async move { full_round(&engine).await }).await?;
        // A loop that waits out a failure learns that the way is free.
        if let Some(running) = &self.looping().running {
            running.tell(Input::NetworkBack);
        }
        Ok(report)
    }

    /// From now on the phone keeps itself up to date and sends what is tapped. Called again, it looks at once.
    pub fn start(&self) {
        self.looping().wanted = true;
        self.keep_running();
    }

    /// It does not any more; nothing is lost by that.
    pub fn stop(&self) {
        let mut looping = self.looping();
        looping.wanted = false;
        looping.running = None;
    }

    /// Who is told from now on which screens changed.
    pub fn set_listener(&self, listener: Arc<dyn Listener>) -> Result<(), Error> {
        Ok(self.engine.changes.listen(listener)?)
    }
}

impl Kairan {
    /// Starts the loop where it is wanted and possible; one that runs looks at once.
    pub(super) fn keep_running(&self) {
        let mut looping = self.looping();
        let told = looping.running.as_ref().is_some_and(|running| running.tell(Input::Started));
        if told || !looping.wanted || self.engine.enrolment().is_err() {
            return;
        }
        let handle = match &self.threads {
            Threads::Own(Some(runtime)) => runtime.handle(),
            Threads::Own(None) => return,
            Threads::Callers(handle) => handle,
        };
        looping.running = Some(Running::start(self.engine.clone(), handle));
    }
}
