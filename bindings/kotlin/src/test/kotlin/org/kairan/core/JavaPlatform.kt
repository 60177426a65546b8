package org.kairan.core

import java.math.BigInteger
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec

/** The machine's side of the core, in Java's own cryptography: what an app does with its hardware keystore. */
class JavaPlatform : Platform {
    private val keys =
        KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()

    override fun publicKey(): ByteArray {
        val point = (keys.public as ECPublicKey).w
        return byteArrayOf(4) + coordinate(point.affineX) + coordinate(point.affineY)
    }

    override fun sign(message: ByteArray): ByteArray =
        Signature.getInstance("SHA256withECDSA").run {
            initSign(keys.private)
            update(message)
            sign()
        }

    override fun clock() = ClockReading(System.currentTimeMillis(), "a start of this machine", System.nanoTime() / 1_000_000)

    override fun deviceName() = "the Kotlin smoke test"

    /** Thirty-two bytes, whatever sign and leading zeros Java gives. */
    private fun coordinate(number: BigInteger) =
        number.toByteArray().let { bytes -> ByteArray((32 - bytes.size).coerceAtLeast(0)) + bytes.takeLast(32) }
}
