package org.kairan.core

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** The core through its generated Kotlin, against the real server over TLS. */
class FacadeTest {
    @Test
    fun `an invitation tells who is listed, and lets one of them in`() = runBlocking {
        val phone = neighbourhood.newPhone()
        assertFalse(phone.me().joined)
        val invitation = neighbourhood.invitationFor("佐藤")

        val listed = phone.join(invitation, emptyList()) as Joining.Choose
        assertEquals("佐藤", listed.name)
        assertEquals(listOf("佐藤 一郎", "佐藤 花子"), listed.persons.map { it.name })

        val joined = phone.join(invitation, listOf(listed.persons.last().id)) as Joining.Joined
        assertEquals("緑ヶ丘町内会の地区", joined.district)
        phone.sync()
        assertEquals(listOf("佐藤 花子"), phone.me().persons.map { it.name })
    }

    @Test
    fun `a tap is shown as waiting until the server has it`() = runBlocking {
        val (phone, person) = neighbourhood.phoneOf("鈴木", "鈴木 次郎")
        assertNull(phone.home(person).checkIn)

        phone.consent(person, true)
        val op = phone.checkIn(person, Mood.GOOD)
        val waiting = phone.home(person)
        assertEquals(CheckInLine(op, Mood.GOOD, waiting.checkIn!!.at, Arrival.WAITING), waiting.checkIn)
        assertEquals(2u, waiting.waiting)
        assertEquals(listOf("consent", "check_in"), phone.outbox().map { it.what })

        assertEquals(2u, phone.sync().sent)
        val arrived = phone.home(person)
        assertEquals(Arrival.ARRIVED, arrived.checkIn?.state)
        assertEquals(0u, arrived.waiting)
        assertTrue(phone.outbox().isEmpty())
    }

    @Test
    fun `a circular reaches a neighbour, whose seal is pressed`() = runBlocking {
        val (officer, chair) = neighbourhood.phoneOf("佐藤", "佐藤 一郎")
        val (phone, person) = neighbourhood.phoneOf("高橋", "高橋 キク")
        val association = officer.desks(chair).single { it.kind == GroupKind.ASSOCIATION }
        val group = officer.desk(association.group).groups.single { it.id == association.group }

        val posted = officer.post(chair, circular(from = group.id, board = group.board, title = "公園の清掃"))
        officer.sync()

        phone.sync()
        val line = phone.notices(person, NoticeFilter.UNREAD, null, 10u).lines.single { it.id == posted }
        assertEquals("公園の清掃", line.title)
        assertEquals("11月29日（日）朝9時", line.`when`)
        assertEquals(SealState.NotYet, phone.notice(person, posted).seal)
        val found = phone.search(person, "清掃", 10u)
        assertEquals(listOf(posted), found.map { it.line.id })
        assertEquals(listOf(Piece("公園の", false), Piece("清掃", true)), found.single().title)

        phone.acknowledge(person, posted)
        assertTrue(phone.notice(person, posted).seal is SealState.Waiting)
        phone.sync()
        assertTrue(phone.notice(person, posted).seal is SealState.Acknowledged)
    }

    @Test
    fun `what goes wrong comes as a kind of its own`() {
        val phone = neighbourhood.newPhone()
        assertThrows(KairanException.BadCode::class.java) { runBlocking { phone.join("回覧板", emptyList()) } }
        assertThrows(KairanException.NotJoined::class.java) { runBlocking { phone.sync() } }

        val (joined, person) = neighbourhood.phoneOf("高橋", "高橋 キク")
        assertThrows(KairanException.ConsentNeeded::class.java) { runBlocking { joined.checkIn(person, Mood.FAIR) } }
        assertTrue(joined.outbox().isEmpty())
    }

    @Test
    fun `a listener is told which screens changed`() = runBlocking {
        val (phone, person) = neighbourhood.phoneOf("鈴木", "鈴木 次郎")
        val told = CountDownLatch(1)
        phone.setListener(
            object : Listener {
                override fun onChange(screens: List<Screen>) {
                    if (Screen.HOME in screens) told.countDown()
                }
            },
        )
        phone.consent(person, false)
        assertTrue(told.await(10, TimeUnit.SECONDS), "nobody was told that home changed")
    }

    private companion object {
        @TempDir
        @JvmStatic
        lateinit var folder: Path

        val neighbourhood: Neighbourhood by lazy { Neighbourhood(folder) }

        @AfterAll
        @JvmStatic
        fun close() = neighbourhood.close()
    }
}
