//! Paper homes are as somebody said last, and what was entered for a home stands at its furthest.

use super::{effects::applied, ops::judged};
use crate::convergence::world::World;
use kairan_protocol::{
    id::{GroupId, NoticeId},
    notice::NoticeState,
    op::Command,
    paper::PaperStage,
};
use rusqlite::OptionalExtension as _;
use std::collections::BTreeMap;

/// What is wrong with the paper homes.
pub fn hold(world: &World) -> Vec<String> {
    let database = world.machine.database();
    let applied = applied(world, &judged(world));
    let mut wrong = Vec::new();
    let mut said: BTreeMap<GroupId, (bool, i64)> = BTreeMap::new();
    let mut entered: BTreeMap<(NoticeId, GroupId), Vec<(u32, PaperStage)>> = BTreeMap::new();
    for (op, judged) in &applied {
        match op.command {
            Command::SetPaper { household, paper } => {
                said.insert(household, (paper, judged.commit));
            }
            Command::PaperReceipt { notice, rev, household, stage } => {
                entered.entry((notice, household)).or_default().push((rev.0, stage));
            }
            _ => {}
        }
    }
    for (household, (paper, commit)) in said {
        let sql = "SELECT paper FROM grp WHERE id = ?1";
        let stands: Option<bool> = database.query_row(sql, [household.number()], |row| row.get(0)).optional().unwrap();
        if stands != Some(paper) {
            wrong.push(format!(
                "{household} is on paper: {paper}, as {commit} said last, and the machine has {stands:?}"
            ));
        }
    }
    for ((notice, household), entries) in entered {
        let sql =
            "SELECT state, rev, stage FROM notice JOIN paper_receipt ON notice = id WHERE id = ?1 AND household = ?2";
        let stands: Option<(String, u32, i64)> = database
            .query_row(sql, (notice.bytes(), household.number()), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()
            .unwrap();
        let Some((notice_state, rev, stage)) = stands else {
            wrong.push(format!("of {entries:?}, entered for {household} about {notice}, nothing stands"));
            continue;
        };
        let asks = serde_json::from_str::<NoticeState>(&notice_state).unwrap().body.asks.0;
        let number = |stage| if stage == PaperStage::Proxy { 2 } else { 1 };
        let furthest = entries.iter().filter(|(rev, _)| *rev >= asks).map(|(_, stage)| number(*stage)).max();
        let counts = (rev >= asks).then_some(stage);
        if counts != furthest {
            wrong.push(format!(
                "of {entries:?}, entered for {household} about {notice}, which asks about rev {asks}, {stage} of rev {rev} stands"
            ));
        }
    }
    wrong
}
