//! Opening a neighbourhood's folder; and what only Rust callers may set.

use super::{Kairan, Looping, Threads};
use crate::{
    error::Error,
    plan::Pace,
    platform::Platform,
    practice::{Practice, is_practice},
    runtime::Engine,
    transport::Network,
};
use std::{
    path::Path,
    sync::{Arc, Mutex},
};
use tokio::runtime::{Builder, Handle};

/// What Rust callers may choose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The caller's runtime, with its I/O and time drivers on; none: two threads of the core's own.
    pub runtime: Option<Handle>,
    /// How patient the phone is.
    pub pace: Pace,
    /// Its way into the world: to be cut in tests and for `--offline`.
    pub network: Network,
}

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// Opens (or makes) a neighbourhood's folder. Touches no network.
    #[cfg_attr(feature = "ffi", uniffi::constructor)]
    #[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
    pub fn open(dir: String, platform: Arc<dyn Platform>) -> Result<Arc<Self>, Error> {
        Self::open_with(dir, platform, Options::default())
    }

    /// Opens the practice neighbourhood in a folder of its own: a pretend one inside this phone, with made-up people, that answers
    /// like a server. Nothing of it is sent to anybody, and there is no network in it. It begins anew each time; which of its tasks
    /// are done is kept.
    ///
    /// # Errors
    /// [`Error::NotPractice`] for the folder of a real neighbourhood, which is not touched.
    #[cfg_attr(feature = "ffi", uniffi::constructor)]
    #[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
    pub fn practice(dir: String, platform: Arc<dyn Platform>) -> Result<Arc<Self>, Error> {
        Self::practice_with(dir, platform, Options::default())
    }
}

impl Kairan {
    /// Opens a folder on the caller's runtime; the demo runs hundreds of phones on one.
    pub fn open_on(dir: impl AsRef<Path>, platform: Arc<dyn Platform>, runtime: Handle) -> Result<Arc<Self>, Error> {
        Self::open_with(dir, platform, Options { runtime: Some(runtime), ..Options::default() })
    }

    /// Opens a folder with everything chosen. A practice neighbourhood's is refused with [`Error::InPractice`].
    pub fn open_with(dir: impl AsRef<Path>, platform: Arc<dyn Platform>, options: Options) -> Result<Arc<Self>, Error> {
        let Options { runtime, pace, network } = options;
        if is_practice(dir.as_ref()) {
            return Err(Error::InPractice);
        }
        Self::on(runtime, Engine::open(dir.as_ref(), platform, network, pace, None)?)
    }

    /// As [`Kairan::practice`], on a runtime and behind a switch of the caller's. It is patient with nobody: no machine is to be
    /// spared there.
    pub fn practice_with(
        dir: impl AsRef<Path>,
        platform: Arc<dyn Platform>,
        options: Options,
    ) -> Result<Arc<Self>, Error> {
        let Options { runtime, pace: _, network } = options;
        let practice = Arc::new(Practice::open(dir.as_ref(), platform.clone(), network.clone())?);
        let pace = Pace { poke_jitter_millis: 0 };
        let engine = Engine::open(dir.as_ref(), platform, network, pace, Some(practice))?;
        engine.begin_practice()?;
        Self::on(runtime, engine)
    }

    fn on(runtime: Option<Handle>, engine: Engine) -> Result<Arc<Self>, Error> {
        let threads = match runtime {
            Some(handle) => Threads::Callers(handle),
            None => Threads::Own(Some(
                Builder::new_multi_thread()
                    .worker_threads(2)
                    .max_blocking_threads(8)
                    .thread_name("kairan")
                    .enable_all()
                    .build()?,
            )),
        };
        Ok(Arc::new(Self { engine: Arc::new(engine), threads, looping: Mutex::new(Looping::default()) }))
    }

    /// What lies below: for tests that stop it at a step, as a kill would.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn store(&self) -> &crate::store::Store {
        &self.engine.store
    }

    /// The switch between this phone and the world.
    #[must_use]
    pub fn network(&self) -> Network {
        self.engine.network.clone()
    }
}
