//! A neighbourhood to look at: the real server, a made-up town, real cores as phones, and one page that shows both ends of a tap.

pub mod error;
pub mod folder;
pub mod news;
pub mod page;
pub mod phones;
pub mod town;

pub use error::Error;

use folder::Folder;
use news::News;
use page::{Page, Token};
use phones::{Kind, Phones};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use town::{
    Town,
    district::{ON_THE_PAGE, Size},
};

/// How to begin.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The page's port; a taken one is replaced by a free one, 0 takes a free one.
    pub port: u16,
    /// Where everything is kept; none: in a temporary folder that goes at the end.
    pub keep: Option<PathBuf>,
    /// How large the town is made.
    pub size: Size,
}

/// Everything at work.
pub struct Demo {
    page: Page,
    phones: Arc<Phones>,
    town: Arc<Town>,
    /// Removed at the end where it is temporary.
    folder: Folder,
}

impl Demo {
    /// Begins: the town with its year behind it, its server, the phones of the page, and the page itself; the town's own phones join
    /// meanwhile. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// What could not be begun; nothing stays behind then but what [`Options::keep`] holds.
    pub async fn begin(options: Options) -> Result<Self, Error> {
        let Options { port, keep, size } = options;
        let folder = keep.map_or_else(Folder::temporary, Folder::kept)?;
        let news = News::default();
        let town = Town::begin(folder.path(), size, news.clone()).await?;
        let phones = Arc::new(Phones::new(folder.path().join("phones"), news.clone()));
        let begun = open(port, &town, &phones, news).await;
        let page = match begun {
            Ok(page) => page,
            Err(error) => {
                phones.stop();
                // The error that led here is the one to tell.
                let _best_effort = town.end().await;
                return Err(error);
            }
        };
        town.settle_in();
        Ok(Self { page, phones, town, folder })
    }

    /// What a browser opens.
    #[must_use]
    pub fn url(&self) -> String {
        self.page.url()
    }

    /// Where the town and the phones are kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The town.
    #[must_use]
    pub const fn town(&self) -> &Arc<Town> {
        &self.town
    }

    /// Ends everything, and removes what was temporary.
    ///
    /// # Errors
    /// What could not be ended or removed.
    pub async fn end(self) -> Result<(), Error> {
        let Self { page, phones, town, mut folder } = self;
        page.close().await;
        phones.stop();
        drop(phones);
        let ended = town.end().await;
        drop(town);
        folder.remove()?;
        ended
    }
}

/// The phones of the page, and the page.
async fn open(port: u16, town: &Arc<Town>, phones: &Arc<Phones>, news: News) -> Result<Page, Error> {
    for (name, who) in ON_THE_PAGE {
        let kind = match name {
            "aozora" => Kind::Officer,
            "team" => Kind::Commissioner,
            _ => Kind::Resident,
        };
        phones.join(name, kind, who, town).await?;
    }
    phones.add("new", Kind::New)?;
    phones.add("practice", Kind::Practice)?;
    Page::open(port, Token::random()?, (Arc::clone(phones), Arc::clone(town)), news).await
}
