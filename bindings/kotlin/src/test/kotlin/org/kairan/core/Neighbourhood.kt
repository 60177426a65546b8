package org.kairan.core

import kotlinx.coroutines.runBlocking
import java.nio.file.Path

/** 緑ヶ丘町内会 with its server, and phones that join it. */
class Neighbourhood(private val folder: Path) : AutoCloseable {
    private val server = RunningServer(folder, DISTRICT)
    private val phones = mutableListOf<Kairan>()

    /** The text of the QR on a household's sheet. */
    fun invitationFor(household: String) = server.invitationFor(household)

    /** A phone that has not joined. */
    fun newPhone(): Kairan =
        Kairan.open(folder.resolve("phone-${phones.size}").toString(), JavaPlatform()).also(phones::add)

    /** A phone that has joined for one person and got everything. */
    fun phoneOf(household: String, name: String): Pair<Kairan, String> = runBlocking {
        val phone = newPhone()
        val invitation = invitationFor(household)
        val listed = phone.join(invitation, emptyList()) as Joining.Choose
        val person = listed.persons.single { it.name == name }.id
        phone.join(invitation, listOf(person))
        phone.sync()
        phone to person
    }

    override fun close() {
        phones.forEach { it.close() }
        server.close()
    }

    private companion object {
        const val DISTRICT = """
name = "緑ヶ丘町内会の地区"
zone = "Asia/Tokyo"
addresses = ["127.0.0.1:8443"]
first_officer = "sato"

[[association]]
key = "midori"
name = "緑ヶ丘町内会"
[[association.block]]
name = "1班"
[[association.block.household]]
name = "佐藤"
people = [{ key = "sato", name = "佐藤 一郎" }, "佐藤 花子"]
[[association.block.household]]
name = "鈴木"
people = ["鈴木 次郎"]
[[association.block.household]]
name = "高橋"
people = ["高橋 キク"]

[[role]]
person = "sato"
group = "midori"
kind = "chair"
"""
    }
}
