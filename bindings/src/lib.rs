//! The library UniFFI turns into Kotlin and Swift: the core's facade as it stands, nothing written twice.

kairan_core::uniffi_reexport_scaffolding!();
