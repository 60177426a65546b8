//! What role holders work with: desks, roles, and households that move.

use super::Kairan;
use crate::{
    error::Error,
    records::{AudienceTree, Desk, DeskName, DeskNotice, RoleKind},
};
use kairan_protocol::{id::RoleId, op::Command, time::Timestamp};

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// The desks a person may open.
    pub fn desks(&self, person: String) -> Result<Vec<DeskName>, Error> {
        self.look(|engine| engine.store.desks(person.parse()?, engine.bearings.now()))
    }

    /// One desk.
    pub fn desk(&self, group: String) -> Result<Desk, Error> {
        self.look(|engine| engine.store.desk(group.parse()?, engine.bearings.now()))
    }

    /// A notice as a desk follows it up: unread homes by block.
    pub fn desk_notice(&self, group: String, notice: String) -> Result<DeskNotice, Error> {
        self.look(|engine| engine.store.desk_notice(group.parse()?, notice.parse()?))
    }

    /// Whom a notice of a desk goes to, as a tree of checkboxes: what was ticked (the `ticked` of the tree before), and after a tap on
    /// a row, which turns it and everything below it on or off. With neither, everything is ticked.
    pub fn audience(
        &self,
        person: String,
        group: String,
        ticked: Vec<String>,
        tap: Option<String>,
    ) -> Result<AudienceTree, Error> {
        self.look(|engine| engine.store.audience(person.parse()?, group.parse()?, &ticked, tap.as_deref()))
    }

    /// Gives `to` a role at a group; the op's id.
    pub async fn grant_role(
        &self,
        person: String,
        to: String,
        group: String,
        kind: RoleKind,
        until: Option<i64>,
    ) -> Result<String, Error> {
        let command = Command::GrantRole {
            role: RoleId::random().map_err(Error::internal)?,
            person: to.parse()?,
            group: group.parse()?,
            kind: kind.into(),
            until: until.map(Timestamp::from_millis),
        };
        self.ask(&person, command).await
    }

    /// Ends a role now; the op's id.
    pub async fn end_role(&self, person: String, role: String) -> Result<String, Error> {
        self.ask(&person, Command::EndRole { role: role.parse()? }).await
    }

    /// A household stands in another block from now on; the op's id.
    pub async fn move_household(&self, person: String, household: String, to: String) -> Result<String, Error> {
        self.ask(&person, Command::MoveHousehold { household: household.parse()?, to: to.parse()? }).await
    }
}
