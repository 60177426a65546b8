//! The five officers' desks of the town, and their figures beside those of the database.

use super::{
    Town, district,
    morning::{Counted, DeskFigures, Said, Sealed},
    phones,
    residents::Resident,
};
use crate::Error;
use kairan_core::{Kairan, records::SentState};
use kairan_protocol::id::{GroupId, NoticeId};
use kairan_server::console::Whom;
use std::{sync::Arc, time::Duration};

/// An officer's desk at one association: a core that keeps itself up to date.
pub(super) struct Desk {
    pub group: GroupId,
    pub person: String,
    pub kairan: Arc<Kairan>,
}

impl Town {
    /// Opens the chairs' desks on PCs of their own, and finds the circular of the morning on each.
    pub(super) async fn open_desks(&self) -> Result<(), Error> {
        let (mut desks, mut circulars) = (Vec::new(), Vec::new());
        for (place, association) in district::ASSOCIATIONS.iter().enumerate() {
            let chair = self.residents.iter().find(|resident| resident.association == place);
            let chair = chair.ok_or_else(|| Error::Uninvited(association.name()))?;
            let kairan = phones::open(&self.folder.join("desks").join(association.key)).await?;
            if self.moved || !kairan.me().map_err(Error::phone(&chair.name))?.joined {
                let sheet = self.sheet(Whom::Person(chair.person.to_string())).await?;
                phones::join(&kairan, &Resident { link: sheet.link, ..chair.clone() }).await?;
            }
            kairan.sync().await.map_err(Error::phone(&chair.name))?;
            kairan.start();
            let desk = kairan.desk(chair.association_id.to_string()).map_err(Error::phone(&chair.name))?;
            let newest = desk.sent.iter().find(|sent| sent.own && sent.state == SentState::Published);
            circulars.push(newest.map(|sent| sent.notice.clone()).unwrap_or_default());
            desks.push(Arc::new(Desk { group: chair.association_id, person: chair.person.to_string(), kairan }));
        }
        let mut moving = self.moving();
        moving.desks = desks;
        moving.circulars = circulars;
        moving.answered = vec![false; self.residents.len()];
        Ok(())
    }

    /// Looks at the five desks, then at the database: what a desk shows was in the tables before.
    pub(super) async fn look(&self, passed: Duration) -> Result<(), Error> {
        let (desks, circulars) = {
            let moving = self.moving();
            (moving.desks.clone(), moving.circulars.clone())
        };
        let mut figures = Vec::with_capacity(desks.len());
        for ((desk, notice), association) in desks.into_iter().zip(circulars).zip(&district::ASSOCIATIONS) {
            let id: NoticeId = notice.parse().map_err(|_| Error::Data("no circular".to_owned()))?;
            let (group, shown) = (desk.group, Arc::clone(&desk));
            let read = move || shown.kairan.desk(shown.group.to_string());
            let read = tokio::task::spawn_blocking(read).await.map_err(|error| Error::Data(error.to_string()))?;
            let read = read.map_err(Error::phone(association.key))?;
            let counted = self.store.figures(group, id).await.map_err(kairan_server::Error::from)?;
            let line = read.sent.iter().find(|sent| sent.notice == notice);
            let counts = line.and_then(|line| line.counts).unwrap_or_default();
            let today = read.participation.filter(|line| line.day == counted.day.to_string());
            figures.push(DeskFigures {
                group: group.to_string(),
                name: association.name(),
                participation: today
                    .map_or(Said { said: 0, agreed: 0 }, |line| Said { said: line.said, agreed: line.agreed }),
                circular: Sealed {
                    title: line.map(|line| line.title.clone()).unwrap_or_default(),
                    acknowledged: counts.acknowledged,
                    households: counts.households,
                },
                database: Counted {
                    said: counted.said,
                    agreed: counted.agreed,
                    acknowledged: counted.counts.acknowledged,
                    households: counted.counts.households,
                },
            });
        }
        self.change(|morning| {
            morning.desks = figures;
            morning.seconds = passed.as_secs_f64();
        });
        Ok(())
    }
}
