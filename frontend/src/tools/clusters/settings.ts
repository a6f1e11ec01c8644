/** What clusters can be told. */
export type ClusterMethod = 'kmeans' | 'hierarchical' | 'fuzzy'

export interface ClusterSettings {
  readonly method: ClusterMethod
  readonly clusters: number
  /** Only the part that hangs together under the pointer, or the whole cluster. */
  readonly connected: boolean
}

export const CLUSTERS: ClusterSettings = { method: 'kmeans', clusters: 4, connected: false }
