//! What is held, by everything an import looks things up by.

use super::same;
use crate::{
    held::{Held, HeldBlock, HeldHome, HeldPerson},
    roster::block,
};
use kairan_protocol::id::{GroupId, PersonId};
use std::collections::HashMap;

/// A home among those of the association, in the order of the roster.
pub type HomeAt = usize;

/// A home with the block it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Its block.
    pub block: &'a HeldBlock,
    /// It.
    pub home: &'a HeldHome,
}

/// Somebody with the home they live in.
#[derive(Debug, Clone, Copy)]
pub struct Living<'a> {
    /// Their home.
    pub at: HomeAt,
    /// They.
    pub person: &'a HeldPerson,
}

/// The association by numbers, heads and names.
#[derive(Debug)]
pub struct Index<'a> {
    homes: Vec<Standing<'a>>,
    by_number: HashMap<GroupId, HomeAt>,
    by_head: HashMap<String, Vec<HomeAt>>,
    people: HashMap<PersonId, Living<'a>>,
    by_name: HashMap<String, Vec<PersonId>>,
    blocks: HashMap<String, &'a HeldBlock>,
}

impl<'a> Index<'a> {
    pub fn new(held: &'a Held) -> Self {
        let mut index = Self {
            homes: Vec::new(),
            by_number: HashMap::new(),
            by_head: HashMap::new(),
            people: HashMap::new(),
            by_name: HashMap::new(),
            blocks: HashMap::new(),
        };
        for block in &held.blocks {
            index.blocks.entry(block_key(&block.name)).or_insert(block);
            for home in &block.homes {
                let at = index.homes.len();
                index.homes.push(Standing { block, home });
                index.by_number.insert(home.id, at);
                if let Some(head) = home.people.first() {
                    index.by_head.entry(same::key(&head.name)).or_default().push(at);
                }
                for person in &home.people {
                    index.people.insert(person.id, Living { at, person });
                    index.by_name.entry(same::key(&person.name)).or_default().push(person.id);
                }
            }
        }
        index
    }

    /// Every home, in the order of the roster.
    pub fn homes(&self) -> impl Iterator<Item = (HomeAt, Standing<'a>)> + use<'a, '_> {
        self.homes.iter().copied().enumerate()
    }

    pub fn home(&self, at: HomeAt) -> Option<Standing<'a>> {
        self.homes.get(at).copied()
    }

    pub fn numbered(&self, number: GroupId) -> Option<HomeAt> {
        self.by_number.get(&number).copied()
    }

    /// The homes with this head, by the key of their name.
    pub fn headed_by(&self, key: &str) -> &[HomeAt] {
        self.by_head.get(key).map_or(&[], Vec::as_slice)
    }

    pub fn person(&self, id: PersonId) -> Option<Living<'a>> {
        self.people.get(&id).copied()
    }

    /// Everybody of this name, by its key.
    pub fn named(&self, key: &str) -> Vec<Living<'a>> {
        self.by_name.get(key).into_iter().flatten().filter_map(|id| self.person(*id)).collect()
    }

    /// Every home of somebody whose name stands in a text, by its key.
    pub fn named_in(&self, text: &str) -> Vec<HomeAt> {
        let named = self.by_name.iter().filter(|(key, _)| text.contains(key.as_str())).flat_map(|(_, people)| people);
        named.filter_map(|id| self.person(*id)).map(|living| living.at).collect()
    }

    /// The block of a name, however it is written.
    pub fn block(&self, name: &str) -> Option<&'a HeldBlock> {
        self.blocks.get(&block_key(name)).copied()
    }
}

/// By which a block's name is known: 「第１班」 is 1班.
pub fn block_key(name: &str) -> String {
    same::key(&block::named(name, "班"))
}
