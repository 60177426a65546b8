//! The ten small tasks of the practice neighbourhood, for teaching. On a phone of a real neighbourhood every call here answers
//! with `not_practice`.

use super::Kairan;
use crate::{
    error::Error,
    records::{PracticeProgress, ScreenTask},
};

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// The ten tasks, which are done and which is next. Whatever changes it is told as a change of the first screen.
    pub fn practice_tasks(&self) -> Result<PracticeProgress, Error> {
        Ok(self.engine.practising()?.tasks())
    }

    /// A screen did what only a screen can tell of.
    pub async fn practice_did(&self, task: ScreenTask) -> Result<(), Error> {
        let practice = self.engine.practising()?.clone();
        self.aside(move |_| {
            practice.did(task.into());
            Ok(())
        })
        .await?;
        self.engine.changes.note([crate::records::Screen::Home]);
        Ok(())
    }

    /// Everything begins anew: the neighbourhood as it was opened, its days counted from today, and no task done.
    pub async fn practice_again(&self) -> Result<(), Error> {
        let engine = self.engine.clone();
        self.on_threads(async move { engine.practise_again().await }).await?;
        // The loop knows feeds of a neighbourhood that is gone.
        self.looping().running = None;
        self.keep_running();
        Ok(())
    }

    /// Cuts the pretend network, or brings it back: what is tapped meanwhile waits, and goes out then.
    pub fn practice_cut(&self, cut: bool) -> Result<(), Error> {
        self.engine.practising()?.cut(cut);
        self.engine.changes.note([crate::records::Screen::Home]);
        Ok(())
    }
}
