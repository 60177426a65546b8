//! Generated from words/ by `cargo xtask words`; not to be edited by hand.

pub mod archive {
    pub const EMPTY: &str = "まだ回覧はありません。届くとここに出ます。";
}

pub mod codes {
    pub fn named(name: &str) -> Option<&'static str> {
        Some(match name {
            "another_identity" => "確認番号が紙と違います。参加しないで、紙をもう一度見てください。",
            "another_neighbourhood" => "この電話は、別の町内会に参加しています。先にその利用をやめてください。",
            "bad_arguments" => "この画面はこのアプリと合っていません。画面を開き直してください。",
            "bad_code" => "番号が正しくありません。紙の番号とくらべてください。",
            "bad_mac" => "この町内会のものと確かめられないため、受け付けられませんでした。もう一度押してください。",
            "bad_proof" => "この電話を確かめられませんでした。電話の時計を合わせて、もう一度お試しください。",
            "bad_request" => "やりとりがうまくいきませんでした。押したものは残っています。アプリを新しくしてください。",
            "case_closed" => "その相談は完了しています。することはありません。",
            "clock_ahead" => "電話の時計が進んでいます。時計を合わせて、もう一度押してください。",
            "conflict" => "ほかの方が先に直しました。もう一度開いて、今の内容を確かめてください。",
            "consent_needed" => "体調を民生委員に伝えるには、同意がいります。ホームの質問に答えてください。",
            "damaged" => "保存が壊れています。もう一度開くと、読めるものを残して続けます。",
            "day_ahead" => "まだ来ていない日の答えです。電話の日付を確かめて、もう一度押してください。",
            "day_past" => "日がたちすぎたため、受け付けられませんでした。今日の分を押してください。",
            "device_unknown" => "町内会の機械がこの電話を覚えていません。記録は残してあります。役員にお知らせください。",
            "disk_full" => "この電話に空きがないため、保存できませんでした。空きを作って、もう一度押してください。",
            "handing_back" => "町内会の機械が控えから戻りました。この電話の分を、もう一度お届けしています。",
            "id_reused" => "同じ番号の別の内容が、先に届いています。もう一度はじめから押してください。",
            "in_practice" => "練習ではできません。練習は、だれにも送られません。",
            "internal" => "うまくいきませんでした。保存したものは残っています。もう一度お試しください。",
            "invite_expired" => "このご案内は古くなっています。班長にお声がけください。",
            "invite_unknown" => "番号が違います。紙の番号とくらべてください。",
            "invite_used" => "このご案内は使い終わっています。班長にお声がけください。",
            "invite_void" => "このご案内は新しいものに替わっています。いちばん新しい紙をお使いください。",
            "later" => "町内会の記録がまだ戻っていません。この電話に残してあり、戻ると自動で送ります。",
            "malformed" => "内容を読み取れないため、受け付けられませんでした。もう一度、入れ直してください。",
            "method_not_allowed" => "やりとりがうまくいきませんでした。押したものは残っています。アプリを新しくしてください。",
            "no_team" => "今は民生委員につながりません。お電話でご相談ください。急ぐときは119番へ。",
            "no_token" => "この電話はまだ参加していません。案内の紙をご用意ください。",
            "not_allowed" => "この役職ではできません。会長か役員にご相談ください。",
            "not_found" => "見つかりません。アドレスを確かめてください。",
            "not_joined" => "まだ参加していません。案内の紙をご用意ください。ない方は班長にお声がけください。",
            "not_listed" => "その方はこのご案内に載っていません。載っている方を選んでください。",
            "not_on_this_device" => "この電話では、その方の分を送れません。その方の電話で押してください。",
            "not_practice" => "ここは練習ではありません。練習の画面を開いてください。",
            "offline" => "インターネットにつながっていません。つながる場所でもう一度お試しください。",
            "on_the_wire" => "送っている途中です。答えを待ってください。",
            "other" => "このアプリでは説明できない理由です。アプリを新しくしてください。",
            "own_role" => "ご自分の役職は、ご自分では変えられません。ほかの役員にお願いしてください。",
            "problem_disk_full" => "町内会の機械に空きがありません。押したものはこの電話に残っています。役員にお知らせください。",
            "problem_internal" => "町内会の機械で問題が起きました。押したものは残っています。あとで自動で送ります。",
            "revoked" => "この電話での利用は終わりました。もう一度使うには、班長に新しいご案内を頼んでください。",
            "role_ended" => "役職の任期が終わっています。次の役員にお願いしてください。",
            "shared_device" => "何人かで使う電話では、役職の仕事はできません。ご自分だけの電話をお使いください。",
            "stale" => "送られないまま時間がたちました。内容は残っています。確かめて、もう一度送ってください。",
            "timeout" => "時間がかかりすぎました。押したものは残っています。もう一度お試しください。",
            "token_unknown" => "この電話の確認をやり直しています。押したものは残っています。そのままお待ちください。",
            "too_large" => "大きすぎて送れません。短くしてください。",
            "too_many" => "回数が多すぎます。押したものは残っています。しばらくお待ちください。",
            "too_many_drafts" => "下書きは50通までです。この文章はまだ保存していません。使わない下書きを1つ消してください。",
            "turned_away" => "役員がこの電話の参加を認めませんでした。班長にご自分の案内の紙を頼んでください。",
            "unavailable" => "町内会の機械が準備中です。押したものは残っています。あとで自動で送ります。",
            "unknown" => "見つかりません。画面を開き直してください。",
            "unknown_call" => "この画面はこのアプリより新しいものです。アプリを新しくしてください。",
            "unknown_case" => "その相談は見つかりません。受付の画面を開き直してください。",
            "unknown_device" => "その電話はもう登録されていません。することはありません。",
            "unknown_group" => "その班や町内会は、もうありません。送り先を選び直してください。",
            "unknown_join" => "その方はもう待っていません。することはありません。",
            "unknown_notice" => "その回覧は見つかりません。一覧を開き直してください。",
            "unknown_op" => "取り消すものが見つかりません。ホームで今の答えを確かめてください。",
            "unknown_person" => "その方は名簿にいません。名簿を確かめてください。",
            "unknown_rev" => "回覧の内容が変わっています。もう一度開いてください。",
            "unknown_role" => "その役職はもうありません。画面を開き直してください。",
            "unsupported" => "町内会の機械がまだ対応していません。この電話に残してあり、対応すると自動で送ります。",
            "unsupported_media" => "やりとりがうまくいきませんでした。押したものは残っています。アプリを新しくしてください。",
            "withdrawn" => "この回覧は取り下げられました。することはありません。",
            "wrong_place" => "そこには置けません。場所を選び直してください。",
            _ => return None,
        })
    }
}

pub mod common {
    pub fn asking_strip(count: impl std::fmt::Display) -> String {
        format!("送る前に確かめたいもの {count}件")
    }
    pub fn refused_strip(count: impl std::fmt::Display) -> String {
        format!("受け付けられなかったもの {count}件")
    }
    pub const SAVED: &str = "まだ送っていません。この電話に保存しました。つながると自動で送ります。";
    pub fn waiting_strip(count: impl std::fmt::Display) -> String {
        format!("送信待ち {count}件　保存しました")
    }
    pub const WAITING_STRIP_THEN: &str = "つながると自動で送ります。";
}

pub mod dates {
    pub fn date_weekday(month: impl std::fmt::Display, day: impl std::fmt::Display, weekday: impl std::fmt::Display) -> String {
        format!("{month}月{day}日（{weekday}）")
    }
    pub fn time(hour: impl std::fmt::Display, minute: impl std::fmt::Display) -> String {
        format!("{hour}時{minute}分")
    }

    pub mod weekday {
        pub fn named(name: &str) -> Option<&'static str> {
            Some(match name {
                "0" => "日",
                "1" => "月",
                "2" => "火",
                "3" => "水",
                "4" => "木",
                "5" => "金",
                "6" => "土",
                _ => return None,
            })
        }
    }
}

pub mod desk {
    pub const EMPTY: &str = "送った回覧はまだありません。";

    pub mod sent_state {
        pub const PUBLISHED: &str = "送りました";
        pub const SCHEDULED: &str = "予約";
        pub const WAITING: &str = "送信待ち";
        pub const WITHDRAWN: &str = "取り下げ";
    }
}

pub mod home {
    pub const EMPTY: &str = "新しい回覧はありません。";
    pub const NOTE: &str = "相談は民生委員に届きます。急ぐときは119番へ。";
    pub const QUESTION: &str = "今日の体調はいかがですか";
    pub fn salvage_kept(count: impl std::fmt::Display) -> String {
        format!("読めた送信待ち{count}件は残しました。")
    }
    pub const SALVAGE_LOST: &str = "最近押したものが残っているか、もう一度お確かめください。";
    pub const SALVAGE_NONE: &str = "送信待ちはありません。";
    pub const SALVAGE_TITLE: &str = "保存の一部が壊れていました";
    pub const SALVAGE_WHOLE: &str = "なくなったものはありません。そのままお使いください。";
}

pub mod notice {
    pub const BY_WHEN: &str = "しめきり";
    pub const PLACE: &str = "どこで";
    pub const WHAT: &str = "すること";
    pub const WHEN: &str = "いつ";
    pub const WITHDRAWN: &str = "この回覧は取り下げられました。";
}

pub mod phones {
    pub const GONE: &str = "この電話での利用は終わりました。";
    pub const LEFT: &str = "この電話での利用をやめました。";
}

pub mod send {
    pub const SENT: &str = "送りました。";
    pub fn sent_app(app: impl std::fmt::Display) -> String {
        format!("送りました。アプリ {app}世帯")
    }
    pub fn sent_sum(app: impl std::fmt::Display, paper: impl std::fmt::Display) -> String {
        format!("送りました。アプリ {app}世帯・紙 {paper}世帯（印刷が必要です）")
    }
}

pub mod terms {

    pub mod alert_kind {
        pub const EMERGENCY: &str = "緊急のお知らせ";
        pub const TALK: &str = "相談したい";
        pub const TALK_AGAIN: &str = "相談したい（まだどなたも見ていません）";
    }

    pub mod group_kind {
        pub const ASSOCIATION: &str = "町内会";
        pub const BLOCK: &str = "班";
        pub const DISTRICT: &str = "地区";
        pub const FEDERATION: &str = "連合町内会";
        pub const HOUSEHOLD: &str = "世帯";
        pub const TEAM: &str = "民生委員";
    }

    pub mod home_stage {
        pub const ACKNOWLEDGED: &str = "確認した";
        pub const DELIVERED: &str = "届いた";
        pub const DISPLAYED: &str = "開いた";
        pub const NOT_YET: &str = "まだ届いていない";
        pub const PAPER: &str = "紙でこれからお届け";
        pub const PAPER_HANDED: &str = "紙でお渡し";
        pub const PROXY: &str = "代理で確認";
    }

    pub mod mood {
        pub const FAIR: &str = "普通";
        pub const GOOD: &str = "良い";
        pub const TALK: &str = "相談したい";
    }

    pub mod notice_kind {
        pub const CIRCULAR: &str = "回覧";
        pub const EMERGENCY: &str = "緊急のお知らせ";
        pub const NOTICE: &str = "お知らせ";
    }

    pub mod op {
        pub fn named(name: &str) -> Option<&'static str> {
            Some(match name {
                "add_block" => "班の追加",
                "add_household" => "世帯の追加",
                "add_person" => "家族の追加",
                "approve" => "参加の返事",
                "check_in" => "体調",
                "close_case" => "相談の完了",
                "consent" => "同意",
                "correct" => "訂正",
                "correct_household" => "世帯の訂正",
                "correct_person" => "お名前の訂正",
                "depart" => "転出・死亡の記録",
                "end_role" => "役職を終える",
                "grant_role" => "役職をつける",
                "invite" => "参加のご案内",
                "leave" => "利用をやめる",
                "merge_households" => "世帯をまとめる",
                "move_household" => "世帯の班を変える",
                "move_person" => "世帯の移動",
                "note_case" => "相談の書きとめ",
                "other" => "役員の仕事",
                "paper_receipt" => "紙でお渡し・代理で確認",
                "post" => "回覧を送る",
                "receipt" => "確認",
                "release_case" => "担当をやめる",
                "revoke" => "電話の利用停止",
                "same_person" => "同じ方をまとめる",
                "see_case" => "相談を見た",
                "set_paper" => "紙でお届けの変更",
                "set_support" => "相談先の電話番号",
                "split_household" => "世帯を分ける",
                "take_back" => "取り消し",
                "take_case" => "相談の引き受け",
                "withdraw" => "取り下げ",
                _ => return None,
            })
        }
    }

    pub mod paper_stage {
        pub const HANDED: &str = "紙でお渡し";
        pub const PROXY: &str = "代理で確認";
    }

    pub mod role_kind {
        pub const BLOCK_LEADER: &str = "班長";
        pub const CHAIR: &str = "会長";
        pub const COMMISSIONER: &str = "民生委員";
        pub const MUNICIPAL_STAFF: &str = "市の担当者";
        pub const OFFICER: &str = "役員";
        pub const STEWARD: &str = "システム担当";
    }
}
