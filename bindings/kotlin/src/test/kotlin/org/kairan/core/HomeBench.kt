package org.kairan.core

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

/** What the first screen costs through Kotlin. Prints a line and judges nothing; `cargo xtask bench` runs it. */
class HomeBench {
    @Test
    fun `home through Kotlin`(@TempDir folder: Path) = Neighbourhood(folder).use { neighbourhood ->
        val (phone, person) = neighbourhood.phoneOf("佐藤", "佐藤 一郎")
        val association = phone.desks(person).single { it.kind == GroupKind.ASSOCIATION }
        val group = phone.desk(association.group).groups.single { it.id == association.group }
        runBlocking {
            repeat(NOTICES) { phone.post(person, circular(from = group.id, board = group.board, title = "回覧 $it")) }
            phone.sync()
        }
        repeat(CALLS) { phone.home(person) }
        val micros = LongArray(CALLS) {
            val start = System.nanoTime()
            phone.home(person)
            (System.nanoTime() - start) / 1_000
        }
        micros.sort()
        println("home() through Kotlin, $NOTICES notices held, $CALLS calls: " +
            "median ${micros[CALLS / 2]} µs, 99 % ${micros[CALLS * 99 / 100]} µs")
    }

    private companion object {
        const val NOTICES = 20
        const val CALLS = 2_000
    }
}
