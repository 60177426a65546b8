//! Search: the notices that hold what was typed, and the words marked where they stand.

use super::{
    notices::{LINE, PAGE, lines},
    person_here,
};
use crate::{
    error::Error,
    overlay::{Look, notice_body},
    records::{NoticeLine, Piece, SearchHit},
    search::{self, Typed},
    sentences::sentences,
    store::Store,
};
use kairan_protocol::{id::PersonId, notice::NoticeBody, row::kind};
use std::ops::Range;

/// A longer sentence is cut: an excerpt has about so many letters.
const EXCERPT: usize = 60;
/// So many of them before the first hit.
const AHEAD: usize = 16;

impl Store {
    /// A person's notices that hold what was typed, newest first.
    pub fn search(&self, person: PersonId, typed: &str, limit: u32) -> Result<Vec<SearchHit>, Error> {
        let Some(query) = search::query(typed) else { return Ok(Vec::new()) };
        let typed = Typed::new(typed);
        let select = format!(
            "SELECT {LINE} FROM word CROSS JOIN notice ON notice.number = word.rowid
             CROSS JOIN standing ON standing.number = notice.number AND standing.person = ?1
             WHERE word MATCH ?2 ORDER BY word.rowid DESC LIMIT ?3"
        );
        self.look(|look| {
            person_here(look, person)?;
            let lines = lines(look, &select, (person.number(), &query, limit.clamp(1, PAGE)))?;
            lines.into_iter().map(|(_, line)| found(look, line, &typed)).collect()
        })
    }
}

fn found(look: &Look<'_>, line: NoticeLine, typed: &Typed) -> Result<SearchHit, Error> {
    let hits = typed.hits(&line.title);
    let title = pieces(&line.title, 0..line.title.len(), &hits);
    let excerpt = if hits.is_empty() { excerpt_of(look, &line.id, typed)? } else { Vec::new() };
    Ok(SearchHit { line, title, excerpt })
}

/// The first hit below the title, in its sentence: of the letter, else of a point. Nothing where only the sender's name has one.
fn excerpt_of(look: &Look<'_>, notice: &str, typed: &Typed) -> Result<Vec<Piece>, Error> {
    let newest = look.everywhere(kind::NOTICE, notice)?.into_iter().max_by_key(|(_, row)| row.rev);
    let Some(NoticeBody { text, points, .. }) = newest.and_then(|(_, row)| notice_body(&row.body)) else {
        return Ok(Vec::new());
    };
    let (when, by_when) = (points.when.map(|when| when.text), points.by_when.map(|by| by.text));
    let parts = [Some(text), points.what, points.place, when, by_when];
    Ok(parts.into_iter().flatten().find_map(|part| excerpt(&part, typed)).unwrap_or_default())
}

/// The sentence around the first hit in a text, if there is one.
fn excerpt(text: &str, typed: &Typed) -> Option<Vec<Piece>> {
    let hits = typed.hits(text);
    let first = hits.first()?;
    let around = sentence_around(text, first.start);
    let mut cut = around.clone();
    if text[around.clone()].chars().count() > EXCERPT {
        let ahead = text[around.start..first.start].char_indices().rev().nth(AHEAD - 1);
        cut.start = ahead.map_or(around.start, |(at, _)| around.start + at);
        let behind = text[cut.start..around.end].char_indices().nth(EXCERPT);
        cut.end = behind.map_or(around.end, |(at, _)| cut.start + at).max(first.end);
    }
    let left_out = |is: bool| is.then(|| Piece { text: "…".to_owned(), hit: false });
    let (ahead, behind) = (left_out(around.start < cut.start), left_out(cut.end < around.end));
    Some(ahead.into_iter().chain(pieces(text, cut, &hits)).chain(behind).collect())
}

/// The sentence at a place, without the spaces around it.
fn sentence_around(text: &str, at: usize) -> Range<usize> {
    let mut end = 0;
    for sentence in sentences(text) {
        let start = end;
        end += sentence.text.len();
        if at < end {
            let indent = sentence.text.len() - sentence.text.trim_start().len();
            return start + indent..start + sentence.text.trim_end().len();
        }
    }
    0..text.len()
}

/// A part of a text in pieces.
fn pieces(text: &str, part: Range<usize>, hits: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |range: Range<usize>, hit| {
        let range = range.start.max(part.start)..range.end.min(part.end);
        if range.start < range.end {
            pieces.push(Piece { text: text[range].to_owned(), hit });
        }
    };
    let mut done = 0;
    for hit in hits {
        add(done..hit.start, false);
        add(hit.clone(), true);
        done = hit.end;
    }
    add(done..text.len(), false);
    pieces
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use proptest::prelude::*;

    /// The pieces in one line, hits in brackets.
    fn line(pieces: &[Piece]) -> String {
        pieces.iter().map(|piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text.clone() }).collect()
    }

    fn shown(text: &str, typed: &str) -> Option<String> {
        excerpt(text, &Typed::new(typed)).map(|pieces| line(&pieces))
    }

    #[test]
    fn the_sentence_around_the_first_hit_is_shown() {
        let text = "清掃をします。\n\n　ごみ袋は班長が配ります。ｺﾞﾐは持ち帰ります。";
        assert_eq!(shown(text, "ゴミ").as_deref(), Some("[ごみ]袋は班長が配ります。"));
        assert_eq!(shown(text, "軍手"), None);
    }

    #[test]
    fn a_long_sentence_is_cut_around_the_hit() {
        let text = format!("{}防災訓練{}。", "あ".repeat(100), "い".repeat(100));
        let shown = shown(&text, "防災").unwrap();
        assert_eq!(shown, format!("…{}[防災]訓練{}…", "あ".repeat(16), "い".repeat(40)));
    }

    proptest! {
        #[test]
        fn put_together_the_pieces_are_the_text(text in "[あごみゴミｺﾞﾐ。\n 防災]{0,60}", typed in "[ごみゴミ防災 ]{1,5}") {
            let hits = Typed::new(&typed).hits(&text);
            let pieces = pieces(&text, 0..text.len(), &hits);
            prop_assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text.clone());
            prop_assert_eq!(hits.is_empty(), excerpt(&text, &Typed::new(&typed)).is_none());
            if let Some(excerpt) = excerpt(&text, &Typed::new(&typed)) {
                prop_assert!(excerpt.iter().any(|piece| piece.hit));
                prop_assert!(!line(&excerpt).contains('\n'));
            }
        }
    }
}
