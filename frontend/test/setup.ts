/** Gives every test a fresh, real (in-memory) IndexedDB: the journal's tests run the code that ships. */
import 'fake-indexeddb/auto'
