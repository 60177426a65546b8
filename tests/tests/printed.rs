//! What comes out of the printer: pages a browser draws, looked at as a phone's camera would.

use kairan_server::clock::{Clock as _, ManualClock, SystemClock};
use kairan_tests::{Phone, district, phone::Handset, process::Machine};
use std::{path::Path, sync::Arc};
use tokio::process::Command;

/// The page as a picture, one dot for each of CSS's pixels and so many of them high.
async fn picture(page: &Path, height: u32) -> image::GrayImage {
    let (folder, file) = (tempfile::tempdir().unwrap(), page.with_extension("png"));
    let drawn = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
        .arg(format!("--user-data-dir={}", folder.path().display()))
        .arg(format!("--window-size=860,{height}"))
        .arg(format!("--screenshot={}", file.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .await
        .expect("chromium is installed");
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    image::open(file).unwrap().into_luma8()
}

/// What the QRs of a picture hold, from the top to the bottom.
fn codes(picture: image::GrayImage) -> Vec<String> {
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    let mut found = prepared.detect_grids();
    found.sort_by_key(|grid| grid.bounds[0].y);
    found.into_iter().map(|grid| grid.decode().unwrap().1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_joins_by_the_qr_on_the_printed_sheet() {
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve().await;
    let page = machine.folder.path().join("sheets.html");
    let said = machine.run(&["invite", "--block", "緑ヶ丘町内会", "--html", page.to_str().unwrap()]).await.unwrap();
    assert!(said.contains("sheets for print"), "{said}");

    let text = std::fs::read_to_string(&page).unwrap();
    let (homes, lists) = (text.matches("class=\"page sheet\"").count(), text.matches("class=\"page round\"").count());
    let pages = u32::try_from(homes + lists).unwrap();
    let codes = codes(picture(&page, pages * 1_150 + 100).await);
    assert_eq!(codes.len(), homes, "one on each sheet");

    // The home of 高橋 キク, by its place in the file.
    let names = text.split("class=\"to\"><b>").skip(1).map(|rest| rest.split(' ').next().unwrap());
    let place = names.into_iter().position(|name| name == "高橋").unwrap();
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let kiku = Phone::join(&codes[place], &["高橋 キク"], Handset::new(clock)).await.unwrap();
    kiku.sync().await;
    assert_eq!(kiku.me().unwrap().persons[0].household.as_deref(), Some("高橋"));
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_fits_its_page_however_large_the_family_is() {
    for size in [7, 19] {
        assert_eq!(overflow(size).await, "0,0", "nothing is cut off, {size} people more");
    }
}

/// How far a sheet for a family with so many long names more sticks out of its page: downwards and sideways.
async fn overflow(size: u32) -> String {
    let crowd: Vec<String> = (1..=size).map(|number| format!("\"勘解由小路 見本{number}太郎左衛門\"")).collect();
    let district = district::MIDORI.replacen("\"高橋 健\"", &crowd.join(", "), 1);
    assert_ne!(district, district::MIDORI);
    let machine = Machine::set_up(&district).await;
    let page = machine.folder.path().join("sheets.html");
    machine.run(&["invite", "--household", "高橋", "--html", page.to_str().unwrap()]).await.unwrap();
    let probe = page.with_file_name("probe.html");
    let text = std::fs::read_to_string(&page).unwrap();
    // The page measures itself: what sticks out of a sheet is cut off by the printer.
    let measure = "<script>document.title = [...document.querySelectorAll('.page')].map(page => \
                   page.scrollHeight - page.clientHeight + ',' + (page.scrollWidth - page.clientWidth)).join(';')</script>";
    std::fs::write(&probe, text.replace("</body>", &format!("{measure}</body>"))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let read = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--window-size=860,1200"])
        .arg(format!("--user-data-dir={}", folder.path().display()))
        .arg(format!("file://{}", probe.display()))
        .output()
        .await
        .expect("chromium is installed");
    let dom = String::from_utf8(read.stdout).unwrap();
    let title = dom.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    title.to_owned()
}
