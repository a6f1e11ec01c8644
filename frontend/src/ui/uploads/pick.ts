/** Files from a drop or a file field, with the paths below the folders that they came from. */
import type { PickedFile } from '@/sync/upload'

function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = []
  return new Promise((resolve, reject) => {
    // Chromium gives at most 100 entries a call.
    const more = () =>
      reader.readEntries((entries) => {
        if (entries.length === 0) resolve(all)
        else {
          all.push(...entries)
          more()
        }
      }, reject)
    more()
  })
}

async function walk(entry: FileSystemEntry, into: PickedFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    into.push({ file, path: entry.fullPath.replace(/^\//, '') })
  } else {
    const children = await readAll((entry as FileSystemDirectoryEntry).createReader())
    for (const child of children) await walk(child, into)
  }
}

/** Everything that was dropped, folders opened, sorted by path. */
export async function droppedFiles(transfer: DataTransfer): Promise<PickedFile[]> {
  // The entries have to be taken before the first await: the transfer is emptied after the event.
  const items = [...transfer.items].filter((item) => item.kind === 'file')
  const entries = items.map((item) => item.webkitGetAsEntry())
  const loose = [...transfer.files]
  const files: PickedFile[] = []
  for (const entry of entries) if (entry) await walk(entry, files)
  if (files.length === 0) files.push(...loose.map((file) => ({ file, path: file.name })))
  return files.sort((one, other) => one.path.localeCompare(other.path, undefined, { numeric: true }))
}

export function chosenFiles(list: FileList | null): PickedFile[] {
  return [...(list ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }))
}
