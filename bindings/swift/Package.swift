// swift-tools-version:5.9
// The core for Swift: generated sources over the C header of the library, which is linked as `kairan_bindings`.
import PackageDescription

let package = Package(
    name: "KairanCore",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "KairanCore", targets: ["KairanCore"])],
    targets: [
        .systemLibrary(name: "KairanCoreFFI"),
        .target(
            name: "KairanCore",
            dependencies: ["KairanCoreFFI"],
            linkerSettings: [.linkedLibrary("kairan_bindings")]
        ),
    ]
)
