package org.kairan.core

/** A circular about cleaning the park, as an officer writes it. */
fun circular(from: String, board: String, title: String) =
    Draft(
        kind = NoticeKind.CIRCULAR,
        from = from,
        audience = listOf(board),
        title = title,
        points =
            Points(
                `when` = "11月29日（日）朝9時",
                starts = null,
                ends = null,
                place = "中央公園",
                what = "軍手をお持ちください",
                byWhen = null,
                byDay = null,
            ),
        text = "今年最後の清掃です。雨のときは次の日曜日に行います。",
        publishAt = null,
        until = null,
    )
