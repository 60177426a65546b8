//! A neighbourhood to look at: the real server, a made-up town, real cores as phones, and one page that shows both ends of a tap.

pub mod error;
pub mod news;
pub mod page;
pub mod phones;
pub mod town;

pub use error::Error;

use kairan_server::{http::Limits, identity::tls::Tls, sample::Sample};
use news::News;
use page::{Page, Token};
use phones::{Kind, Phones};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// How to begin.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The page's port; a taken one is replaced by a free one, 0 takes a free one.
    pub port: u16,
    /// Where everything is kept; none: in a temporary folder that goes at the end.
    pub keep: Option<PathBuf>,
}

/// Everything at work.
pub struct Demo {
    page: Page,
    phones: Arc<Phones>,
    town: Sample,
    folder: PathBuf,
    /// Removed at the end.
    temporary: Option<TempDir>,
}

impl Demo {
    /// Begins: the town, its server, the phones of the page, and the page itself. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// What could not be begun; nothing stays behind then but what [`Options::keep`] holds.
    pub async fn begin(options: Options) -> Result<Self, Error> {
        let Options { port, keep } = options;
        let (folder, temporary) = if let Some(folder) = keep {
            (folder, None)
        } else {
            let made = tempfile::Builder::new().prefix("kairan-demo-").tempdir();
            let temporary = made.map_err(Error::file(std::env::temp_dir()))?;
            (temporary.path().to_path_buf(), Some(temporary))
        };
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let town = Sample::begin(Some(folder.join("district")), anywhere, Tls::Own, Limits::unlimited()).await?;
        let news = News::default();
        let phones = Phones::new(folder.join("phones"), news.clone());
        for (name, kind, who) in [
            ("ume", Kind::Resident, "楓山 うめ"),
            ("nami", Kind::Resident, "潮風 なみ"),
            ("aozora", Kind::Officer, "青空 はるか"),
            ("team", Kind::Commissioner, "白樺 じゅん"),
        ] {
            phones.join(name, kind, who, town.folder()).await?;
        }
        phones.add("new", Kind::New)?;
        phones.add("practice", Kind::Practice)?;
        let phones = Arc::new(phones);
        let token = Token::random()?;
        let page = Page::open(port, token, Arc::clone(&phones), news).await?;
        Ok(Self { page, phones, town, folder, temporary })
    }

    /// What a browser opens.
    #[must_use]
    pub fn url(&self) -> String {
        self.page.url()
    }

    /// Where the town and the phones are kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends everything, and removes what was temporary.
    ///
    /// # Errors
    /// What could not be ended or removed.
    pub async fn end(self) -> Result<(), Error> {
        let Self { page, phones, town, temporary, .. } = self;
        page.close().await;
        phones.stop();
        drop(phones);
        let ended = town.end().await;
        if let Some(temporary) = temporary {
            let path = temporary.path().to_path_buf();
            temporary.close().map_err(Error::file(path))?;
        }
        Ok(ended?)
    }
}
