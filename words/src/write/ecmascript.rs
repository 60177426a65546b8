//! The browser's words: an ES module per language, whose counted texts are objects of forms.

use super::GENERATED;
use crate::book::{Book, Counted, English, Language};
use std::fmt::Write as _;

/// `export default { "home.question": "…", … }`.
#[must_use]
pub fn module(book: &Book, language: Language) -> String {
    let mut module = format!("// {GENERATED}\nexport default {{\n");
    for (name, entry) in &book.entries {
        let text = match (language, &entry.en) {
            (Language::Japanese, _) => quoted(&entry.ja),
            (Language::English, English::Always(text)) => quoted(text),
            (Language::English, English::Counted(Counted { one, other })) => {
                format!("{{ one: {}, other: {} }}", quoted(one), quoted(other))
            }
        };
        // Writing to a text cannot fail.
        let _ = writeln!(module, "  {}: {text},", quoted(name));
    }
    module + "};\n"
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_holds_each_name_with_its_text_or_its_forms() {
        let mut book = Book::default();
        book.add(
            "home",
            "a = { ja = \"「{count}世帯」\", en = { one = \"{count} home\", other = \"{count} homes\" } }",
        );
        book.add("home", "b = { ja = \"良い\", en = \"\\\"Good\\\"\" }");
        assert_eq!(
            module(&book, Language::English),
            format!(
                "// {GENERATED}\nexport default {{\n  \"home.a\": {{ one: \"{{count}} home\", other: \"{{count}} homes\" }},\n  \"home.b\": \"\\\"Good\\\"\",\n}};\n"
            )
        );
        assert!(module(&book, Language::Japanese).contains("  \"home.a\": \"「{count}世帯」\",\n"));
    }
}
