"""Images of 30,000 x 30,000 pixels, as TIFF and as JPEG: from the upload to the brush.

Measures what the upload, the pyramid's job, tiles and assists cost on the server (time, peak memory of each process,
disk), and in a real Chromium how long opening takes, what the main thread does for each frame of panning, zooming and
brushing, how large a saved mask is, and the browser's memory.

    python benchmarks/large_image.py [--side 30000] [--folder /tmp/large] [--kinds tif,jpg] [--output large_image]

The images are generated (smooth noise and fine noise, which is the worst case for lossless tiles) and kept in the
folder. What is measured against which limit is in docs/large_images.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "frontend" / "bench"))

from _server import ROOT, Client, percentile, running_server, write_results
from frame_times import traced  # pyright: ignore[reportMissingImports]  # beside the editor's benchmark
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CHUNK = 1 << 20
FRAMES = 120
# Feeds one pointer event a frame to the drawing area, and marks the frame.
DRIVE = """async ([name, frames, kind]) => {
  const canvas = document.querySelector('.editor-canvas')
  const box = canvas.getBoundingClientRect()
  const at = (k) => ({ x: box.left + box.width * (0.25 + 0.5 * k), y: box.top + box.height * (0.3 + 0.4 * k) })
  const send = (type, k, more = {}) => {
    const { x, y } = at(k)
    const common = { bubbles: true, clientX: x, clientY: y, pointerId: 1, pointerType: 'mouse', isPrimary: true }
    canvas.dispatchEvent(type === 'wheel'
      ? new WheelEvent('wheel', { ...common, cancelable: true, deltaY: k < 0.5 ? -40 : 40 })
      : new PointerEvent(type, { ...common, button: type === 'pointermove' ? -1 : 0, buttons: 1, ...more }))
  }
  const intervals = []
  let last = performance.now()
  if (kind === 'drag') send('pointerdown', 0)
  for (let k = 0; k < frames; k++) {
    await new Promise(requestAnimationFrame)
    const now = performance.now()
    intervals.push(now - last)
    last = now
    performance.mark(`${name}:${k}`)
    send(kind === 'drag' ? 'pointermove' : 'wheel', k / frames)
  }
  if (kind === 'drag') send('pointerup', 1)
  return intervals
}"""


def generate(folder: Path, side: int, kind: str) -> Path:
    """The image of this kind, made unless it is there."""
    import pyvips

    folder.mkdir(parents=True, exist_ok=True)
    tiff, jpeg = folder / f"large_{side}.tif", folder / f"large_{side}.jpg"
    if not tiff.exists():
        smooth = pyvips.Image.perlin(side, side, cell_size=512)
        fine = pyvips.Image.gaussnoise(side, side, sigma=6, mean=0)
        bands = [smooth * 60 + 128 + fine, smooth * 30 + 90 + fine, smooth * -40 + 110 + fine]
        image = bands[0].bandjoin(bands[1]).bandjoin(bands[2]).cast("uchar").copy(interpretation="srgb")
        image.tiffsave(str(tiff), tile=True, tile_width=256, tile_height=256, bigtiff=True)
    if kind == "jpg" and not jpeg.exists():
        pyvips.Image.new_from_file(str(tiff), access="sequential").jpegsave(str(jpeg), Q=85)
    return tiff if kind == "tif" else jpeg


def upload(port: int, token: str, project: str, path: Path) -> dict[str, Any]:
    """Upload a file without holding it in memory; the image."""
    line = "----------contorno-benchmark"
    head = (
        f'--{line}\r\nContent-Disposition: form-data; name="files"; filename="{path.name}"\r\n\r\n'.encode()
    )
    tail = f"\r\n--{line}--\r\n".encode()

    def body() -> Iterator[bytes]:
        yield head
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
        yield tail

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1800)
    headers = {
        "Authorization": f"Token {token}",
        "Content-Type": f"multipart/form-data; boundary={line}",
        "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
    }
    connection.request("POST", f"/api/v1/projects/{project}/images", body(), headers)
    answer = json.loads(connection.getresponse().read())
    result = answer["results"][0]
    if result["image"] is None:
        raise RuntimeError(result["reason"])
    return result["image"]


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
        except OSError:
            continue
    found, todo = [], [pid]
    while todo:
        todo += (more := children.get(todo.pop(), []))
        found += more
    return found


def peaks() -> dict[str, float]:
    """Peak resident memory (MB) of the largest web and worker process below this one."""
    result: dict[str, float] = {}
    for pid in descendants(os.getpid()):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        name = "web" if "gunicorn" in command else "worker" if "celery" in command else ""
        if name and "VmHWM" in status:
            peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
            result[name] = max(result.get(name, 0.0), round(peak))
    return result


def timed(action: Any, times: int) -> dict[str, float]:
    spent = []
    for k in range(times):
        began = time.perf_counter()
        action(k)
        spent.append((time.perf_counter() - began) * 1000)
    return {"p50_ms": round(percentile(spent, 0.5), 1), "p95_ms": round(percentile(spent, 0.95), 1)}


def measure_server(client: Client, project: str, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    port, token = client._connection.port, client._headers["Authorization"].removeprefix("Token ")
    began = time.perf_counter()
    image = upload(port, token, project, path)
    results: dict[str, Any] = {
        "file_mb": round(path.stat().st_size / 1e6),
        "upload_s": round(time.perf_counter() - began, 1),
    }
    client = Client(port, token)  # the server has closed the other connection, which was silent for so long
    while image["tiles"]["state"] == "preparing":
        time.sleep(0.2)
        image = client.json("GET", f"/images/{image['id']}")
    if image["tiles"]["state"] != "ready":
        raise RuntimeError(image["tiles"]["error"])
    job = client.json("GET", f"/jobs/{image['tiles']['job']}")
    results |= {
        "listed_to_ready_s": round(time.perf_counter() - began - results["upload_s"], 1),
        "tiles": job["result"]["tiles"],
        "pyramid_mb": round(job["result"]["bytes"] / 1e6),
        "peak_memory_mb": peaks(),
    }
    chance = random.Random(1)
    top = image["tiles"]["levels"] - 1
    across = image["width"] // 512

    def tile(_: int) -> None:
        x, y = chance.randrange(across), chance.randrange(across)
        client.send("GET", f"/images/{image['id']}/tiles/{top}/{x}_{y}")

    def assist(side: int) -> Any:
        def ask(_: int) -> None:
            x, y = chance.randrange(image["width"] - side), chance.randrange(image["height"] - side)
            body = {"region": [x, y, x + side, y + side], "positive": [[x + side / 2, y + side / 2]]}
            client.json("POST", f"/images/{image['id']}/assist/wand", body)

        return ask

    results["tile"] = timed(tile, 200)
    results["wand_on_1000_x_1000"] = timed(assist(1000), 10)
    results["wand_on_6000_x_6000"] = timed(assist(6000), 5)
    results["peak_memory_after_assists_mb"] = peaks()
    return image, results


def sharp(page: Page) -> None:
    page.wait_for_function(
        "() => window.__contorno && window.__contorno.ready && window.__contorno.sharp()", timeout=60_000
    )


def measure_browser(browser: Browser, client: Client, image: dict[str, Any]) -> dict[str, Any]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, extra_http_headers=dict(client._headers)
    )
    page = context.new_page()
    url = f"http://127.0.0.1:{client._connection.port}"
    page.goto(f"{url}/projects/{image['project']}")
    began = time.perf_counter()
    page.goto(f"{url}/images/{image['id']}")
    sharp(page)
    results: dict[str, Any] = {"open_until_sharp_s": round(time.perf_counter() - began, 2)}
    page.keyboard.press("h")
    for name, keys in (("pan fit", []), ("pan 100 %", ["Control+1"])):
        for key in keys:
            page.keyboard.press(key)
        results[name] = traced(browser, page, name, f"({DRIVE})(['{name}', {FRAMES}, 'drag'])")
        sharp(page)
    results["zoom"] = traced(browser, page, "zoom", f"({DRIVE})(['zoom', {FRAMES}, 'wheel'])")
    page.keyboard.press("1")
    page.keyboard.press("d")
    for _ in range(60):
        page.keyboard.press("}")
    page.keyboard.press("Control+0")
    sharp(page)
    results["brush fit"] = traced(browser, page, "brush fit", f"({DRIVE})(['brush fit', {FRAMES}, 'drag'])")
    began = time.perf_counter()
    page.wait_for_function(
        "() => { const s = window.__contorno.saveState(); return s.kind === 'saved' && s.pending === 0 }",
        timeout=60_000,
    )
    results["brush_saved_after_s"] = round(time.perf_counter() - began, 2)
    stored = client.json("GET", f"/documents/{image['document']}")["annotations"]
    results["masks"] = [{"area": one["area"], "bytes": len(one["rle"]["counts"])} for one in stored]
    results["js_heap_mb"] = round(page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6)
    began = time.perf_counter()
    page.reload()
    sharp(page)
    results["reload_with_mask_s"] = round(time.perf_counter() - began, 2)
    context.close()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--side", type=int, default=30_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/contorno-large"))
    parser.add_argument("--kinds", default="tif,jpg")
    parser.add_argument("--output", default="large_image")
    parser.add_argument("--chromium", default=os.environ.get("CONTORNO_CHROMIUM") or "/usr/bin/chromium")
    wanted = parser.parse_args()
    os.chdir(ROOT)
    results: dict[str, Any] = {"side": wanted.side}
    files = {kind: generate(wanted.folder, wanted.side, kind) for kind in wanted.kinds.split(",")}
    with running_server(worker=True) as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=wanted.chromium, args=ARGUMENTS)
        body = {"name": "Large", "task_type": "instance", "classes": [{"name": "cell"}]}
        project = client.json("POST", "/projects", body)["id"]
        for kind, path in files.items():
            image, server = measure_server(client, project, path)
            fresh = Client(client._connection.port, client._headers["Authorization"].removeprefix("Token "))
            results[kind] = {"server": server, "browser": measure_browser(browser, fresh, image)}
            print(json.dumps(results[kind], indent=1), flush=True)
        browser.close()
    print(write_results(wanted.output, results))


if __name__ == "__main__":
    main()
