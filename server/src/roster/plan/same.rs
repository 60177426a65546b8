//! When two names are the same, and when they are only near: a character changed, or another form of the same character.

use unicode_normalization::UnicodeNormalization;

/// By which the same name is known: spaces are ignored, characters are in their compatible form (NFKC).
pub fn key(name: &str) -> String {
    name.nfkc().filter(|letter| !letter.is_whitespace()).collect()
}

/// Old forms of characters and the forms of today that stand in names for them.
const FORMS: &[(char, &str)] = &[
    ('斉', "齋齊斎"),
    ('高', "髙"),
    ('崎', "﨑嵜碕"),
    ('辺', "邊邉"),
    ('沢', "澤"),
    ('浜', "濱濵"),
    ('島', "嶋嶌"),
    ('国', "國"),
    ('広', "廣"),
    ('桜', "櫻"),
    ('滝', "瀧"),
    ('真', "眞"),
    ('恵', "惠"),
    ('寿', "壽"),
    ('槙', "槇"),
    ('冨', "富"),
    ('竜', "龍"),
    ('条', "條"),
    ('万', "萬"),
    ('黒', "黑"),
    ('徳', "德"),
    ('吉', "𠮷"),
    ('関', "關"),
    ('塩', "鹽"),
    ('檜', "桧"),
    ('渕', "淵渊"),
    ('峰', "峯"),
    ('松', "枩"),
    ('柳', "栁"),
    ('曽', "曾"),
    ('礼', "禮"),
    ('栄', "榮"),
    ('実', "實"),
    ('学', "學"),
    ('宝', "寶"),
    ('円', "圓"),
    ('与', "與"),
    ('薗', "園"),
    ('緑', "綠"),
    ('瀬', "瀨"),
];

/// A key with every character in one form; signs that only choose between drawings of a character are gone.
fn one_form(key: &str) -> String {
    let chooses = |letter: &char| matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    let form =
        |letter: char| FORMS.iter().find(|(_, others)| others.contains(letter)).map_or(letter, |(usual, _)| *usual);
    key.chars().filter(|letter| !chooses(letter)).map(form).collect()
}

/// Whether two keys that differ may be one name: by the form of a character, or by one character more, less or other.
pub fn near(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|key| one_form(key).chars().collect::<Vec<char>>());
    if one == other {
        return true;
    }
    let (long, short) = if one.len() >= other.len() { (&one, &other) } else { (&other, &one) };
    if long.len() - short.len() > 1 || short.len() < 2 {
        return false;
    }
    let before = long.iter().zip(short).take_while(|(one, other)| one == other).count();
    let after = long.iter().rev().zip(short.iter().rev()).take_while(|(one, other)| one == other).count();
    long.len() - before - after.min(short.len() - before) <= 1
}

/// Whether two whole names share their family or their given name.
pub fn share_a_part(one: &str, other: &str) -> bool {
    let parts = |name: &str| name.split_whitespace().map(key).collect::<Vec<_>>();
    let other = parts(other);
    parts(one).iter().any(|part| other.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_is_spaced_or_wide() {
        assert_eq!(key("見本　太郎"), key("見本太郎"));
        assert_eq!(key("ﾀﾒｼ ﾏﾘｱ"), key("タメシマリア"));
        assert_ne!(key("髙見"), key("高見"), "an old form may be another name: it is asked");
    }

    #[test]
    fn a_form_of_a_character_or_one_character_is_near_and_two_are_not() {
        for (one, other) in [
            ("斉見花", "齋見花"),
            ("髙見一", "高見一"),
            ("山﨑", "山崎"),
            ("見本太郎", "見本次郎"),
            ("見本花", "見本花子"),
        ] {
            assert!(near(one, other) && near(other, one), "{one} {other}");
        }
        for (one, other) in [("見本太郎", "見本花子"), ("一", "二"), ("見本一", "例示二"), ("見本", "見本太郎")]
        {
            assert!(!near(one, other) && !near(other, one), "{one} {other}");
        }
    }
}
