package org.kairan.core

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** The real server program over a district of its own, on a port the system gives. */
class RunningServer(private val folder: Path, district: String) : AutoCloseable {
    private val program = checkNotNull(System.getProperty("kairan.server")) { "kairan.server names the program" }
    private val data = folder.resolve("district").toString()
    private val log = folder.resolve("server.log").toFile()
    private val process: Process

    /** `host:port`. */
    val address: String

    init {
        val plan = folder.resolve("district.toml")
        Files.writeString(plan, district)
        say("set-up", plan.toString(), "--data", data)
        process =
            ProcessBuilder(program, "serve", "--data", data, "--listen", "127.0.0.1:0")
                .redirectError(log)
                .start()
        val ready = process.inputReader().lineSequence().firstOrNull { it.startsWith(READY) }
        address = checkNotNull(ready) { "the server ended before it was ready:\n${log.readText()}" }.removePrefix(READY)
    }

    /** The text of the QR on a household's sheet, for the port the server really has. */
    fun invitationFor(household: String): String {
        val sheets = say("invite", "--data", data, "--household", household, "--json")
        val link = checkNotNull(LINK.find(sheets)) { "no link in $sheets" }.groupValues[1]
        return link.replace(Regex("([?&]a=)[^&]*"), "$1$address")
    }

    private fun say(vararg words: String): String {
        val command = ProcessBuilder(program, *words).redirectError(log).start()
        val answer = command.inputReader().readText()
        check(command.waitFor() == 0) { "${words.first()} failed:\n$answer${log.readText()}" }
        return answer
    }

    override fun close() {
        process.destroy()
        if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
    }

    private companion object {
        const val READY = "listening on https://"
        val LINK = Regex("\"link\"\\s*:\\s*\"([^\"]+)\"")
    }
}
