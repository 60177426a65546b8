//! Names of people as a roster writes them: one name, or a whole family in one cell.

use super::{cell, reading::Member, row};

/// Words that say how somebody is related instead of who they are.
const RELATIONS: &[&str] = &[
    "世帯主",
    "本人",
    "妻",
    "夫",
    "子",
    "長男",
    "次男",
    "二男",
    "三男",
    "四男",
    "長女",
    "次女",
    "二女",
    "三女",
    "四女",
    "父",
    "母",
    "祖父",
    "祖母",
    "孫",
    "義父",
    "義母",
    "兄",
    "弟",
    "姉",
    "妹",
    "同居人",
    "嫁",
    "婿",
    "曾孫",
    "ひ孫",
    "甥",
    "姪",
    "養子",
    "養女",
    "その他",
    "子の妻",
    "長男の妻",
    "叔父",
    "叔母",
    "伯父",
    "伯母",
    "娘",
    "息子",
    "主人",
];

/// What only firms carry in their name.
const FIRMS: &[&str] = &["㈱", "㈲", "株式会社", "有限会社", "(株)", "(有)", "合同会社", "医院", "商店", "寺", "神社"];

const OPENING: &[char] = &['(', '[', '〈', '<', '【', '「'];
const CLOSING: &[char] = &[')', ']', '〉', '>', '】', '」'];

/// A person's name without what is only polite, marks in front, and a reading in brackets.
pub(super) fn person(written: &str) -> String {
    let name = cell::line(written);
    let name = name.trim_start_matches(['◎', '○', '●', '☆', '★', '※', '*', '・', '◯']).trim();
    let bare = name.find(OPENING).map_or(name, |bracket| name.get(..bracket).unwrap_or(name)).trim();
    let polite = ["様", "殿", "さま"].into_iter().find_map(|polite| bare.strip_suffix(polite));
    let bare = polite.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(bare);
    bare.to_owned()
}

/// A reading that stands in brackets behind a name.
pub(super) fn reading_beside(written: &str) -> Option<String> {
    let line = cell::line(written);
    let (_, rest) = line.split_once(OPENING)?;
    let inside = cell::hiragana(rest.split(CLOSING).next().unwrap_or(rest));
    let is_kana = |letter: char| matches!(letter, 'ぁ'..='ゖ' | 'ー' | ' ');
    (!inside.is_empty() && inside.chars().all(is_kana)).then_some(inside)
}

/// The family name of a full name; the whole name where no space tells.
pub(super) fn family(full: &str) -> &str {
    full.split(' ').next().unwrap_or(full)
}

/// By which the same name is known however it is spaced.
pub(super) fn key(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Whether a name belongs to a firm.
pub(super) fn is_firm(name: &str) -> bool {
    FIRMS.iter().any(|sign| name.contains(sign))
}

/// Whether a character of a name was lost on its way.
pub(super) fn is_damaged(name: &str) -> bool {
    name.contains(|letter| matches!(letter, '〓' | '?' | '\u{fffd}' | '□' | '\u{e000}'..='\u{f8ff}'))
}

/// Whether a word says how somebody is related.
fn is_relation(word: &str) -> bool {
    RELATIONS.contains(&word)
}

/// A relation as it is kept: 「長　男」 is 長男.
pub(super) fn relation(written: &str) -> String {
    let line = cell::line(written);
    let close = key(&line);
    if is_relation(&close) { close } else { line }
}

/// The family of one cell, below a head. None: somebody is named by given name only, and whose family that is cannot be told.
/// `one_each`: the roster gives each of them a cell, so that a space stands between family and given name.
pub(super) fn members(written: &str, head: &str, one_each: bool) -> Option<Vec<Member>> {
    let head_family = head.contains(' ').then(|| family(head));
    let mut members: Vec<Member> = Vec::new();
    let text = cell::clean(written);
    let words = if one_each { apart(&text) } else { words(&text, head_family) };
    for word in words {
        let (name, relation) = who(&word);
        // 「二男（妻）」 is somebody's name, 「二男」 alone says how somebody is related.
        let names_nobody = row::is_nothing(&name) || counts(&name) || (relation.is_none() && is_relation(&name));
        if name.is_empty() || names_nobody {
            continue;
        }
        let name = of_family(&name, head)?;
        let again = key(&name) == key(head) || members.iter().any(|known| key(&known.name) == key(&name));
        if !again {
            members.push(Member { number: None, name, reading: None, relation });
        }
    }
    Some(members)
}

/// The whole name of somebody below a head: a given name alone gets the head's family name. None: whose it is cannot be told.
pub(super) fn of_family(name: &str, head: &str) -> Option<String> {
    if name.contains(' ') {
        return Some(name.to_owned());
    }
    if !head.contains(' ') {
        // 「下書水銀」 and 「下書金」 share what can only be a family name; 「金」 alone could be anybody's.
        let shared = name.chars().zip(head.chars()).take_while(|(one, other)| one == other).count();
        return (shared > 0 && name.chars().count() > shared).then(|| name.to_owned());
    }
    let family = family(head);
    match name.strip_prefix(family).map(str::trim) {
        Some(given) if !given.is_empty() => Some(format!("{family} {given}")),
        _ => Some(format!("{family} {name}")),
    }
}

/// Whether a word only counts people: 「他2名」「子2人」. 「一人」 and 「二人」 are names too.
fn counts(word: &str) -> bool {
    let bare = word.trim_end_matches(['人', '名']);
    bare.len() < word.len() && bare.ends_with(|letter: char| letter.is_ascii_digit())
}

/// 「花子(妻)」 and 「妻:花子」 are 花子, who is the wife; ages and school years are dropped.
fn who(word: &str) -> (String, Option<String>) {
    if let Some((told, name)) = word.split_once(':')
        && is_relation(&key(told))
    {
        return (name.trim().to_owned(), Some(key(told)));
    }
    let Some(bracket) = word.find(OPENING) else { return (word.trim().to_owned(), None) };
    let (name, rest) = word.split_at(bracket);
    let inside = rest.trim_matches(|letter| OPENING.contains(&letter) || CLOSING.contains(&letter)).trim();
    let told = inside.split(['・', '、', ',', ' ', '/']).map(str::trim).find(|told| is_relation(told));
    (name.trim().to_owned(), told.map(str::to_owned))
}

/// Cuts a cell into the words of one person each: at the signs that part people, or at spaces where nothing else does.
fn words(text: &str, family: Option<&str>) -> Vec<String> {
    let cut = apart(text);
    if cut.len() > 1 {
        return cut;
    }
    let mut people: Vec<String> = Vec::new();
    let mut begun: Option<&str> = None;
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        match begun.take() {
            Some(family) => people.push(format!("{family} {word}")),
            None if Some(word) == family => begun = Some(word),
            None if word.starts_with(OPENING) && !people.is_empty() => {
                if let Some(last) = people.last_mut() {
                    last.push_str(word);
                }
            }
            None => people.push(word.to_owned()),
        }
    }
    people.extend(begun.map(str::to_owned));
    people
}

fn is_katakana(letter: Option<&char>) -> bool {
    letter.is_some_and(|letter| matches!(letter, 'ァ'..='ヺ' | 'ー'))
}

/// At every sign that parts people, but not inside brackets.
fn apart(text: &str) -> Vec<String> {
    let (mut people, mut word, mut depth) = (Vec::new(), String::new(), 0_usize);
    for letter in text.chars() {
        if OPENING.contains(&letter) {
            depth += 1;
        } else if CLOSING.contains(&letter) {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && matches!(letter, '、' | '，' | ',' | '・' | '･' | '/' | ';' | '\n' | '。') {
            people.push(std::mem::take(&mut word));
        } else {
            word.push(letter);
        }
        // 「花子(妻)一郎(長男)」: a bracket that told a relation ends its person.
        if depth == 0 && CLOSING.contains(&letter) && who(&word).1.is_some() {
            people.push(std::mem::take(&mut word));
        }
    }
    people.push(word);
    people.into_iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// A couple in the cell of the name: 「見本 太郎・花子」. A name all in katakana keeps its dot.
pub(super) fn couple(written: &str) -> (String, Option<String>) {
    let name = person(written);
    let dot = name.find(['・', '･']);
    let Some(dot) = dot else { return (name, None) };
    let before = name.get(..dot).unwrap_or_default();
    let after = name.get(dot..).unwrap_or_default().trim_start_matches(['・', '･']);
    let within = is_katakana(before.chars().last().as_ref()) && is_katakana(after.chars().next().as_ref());
    if within || before.is_empty() || after.is_empty() {
        return (name, None);
    }
    (before.trim().to_owned(), Some(after.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(cell: &str, head: &str) -> Option<Vec<String>> {
        Some(members(cell, head, false)?.into_iter().map(|member| member.name).collect())
    }

    #[test]
    fn a_family_is_read_from_one_cell_however_it_is_parted() {
        let expected = Some(vec!["見本 花子".to_owned(), "見本 一郎".to_owned()]);
        for cell in [
            "花子、一郎",
            "花子・一郎",
            "花子／一郎",
            "花子 一郎",
            "花子　一郎",
            "花子\n一郎",
            "見本 花子 見本 一郎",
            "見本花子、見本一郎",
        ] {
            assert_eq!(names(cell, "見本 太郎"), expected, "{cell:?}");
        }
    }

    #[test]
    fn relations_are_told_in_brackets_or_before_the_name_and_counts_name_nobody() {
        let member = &members("花子（妻・62歳）", "見本 太郎", false).unwrap()[0];
        assert_eq!((member.name.as_str(), member.relation.as_deref()), ("見本 花子", Some("妻")));
        assert_eq!(members("妻：花子", "見本 太郎", false).unwrap()[0].relation.as_deref(), Some("妻"));
        assert_eq!(names("妻、子2人", "見本 太郎"), Some(Vec::new()));
        assert_eq!(names("例示 キク（母）、太郎", "見本 太郎"), Some(vec!["例示 キク".to_owned()]));
    }

    #[test]
    fn a_given_name_below_a_head_without_a_space_belongs_to_nobody_for_sure() {
        assert_eq!(names("錫", "下書水銀"), None);
    }

    #[test]
    fn a_dot_parts_a_couple_but_not_a_name_in_katakana() {
        assert_eq!(couple("見本 太郎・花子"), ("見本 太郎".to_owned(), Some("花子".to_owned())));
        assert_eq!(couple("タメシ・マリア").1, None);
    }
}
