/** The routes of `/api/v1` about what is on the shelf, apart from the others: no page of a lesson loads them. */
import type { FoundPerson } from '../core/choosing'
import { request } from './http'
import type { Microcourse, Page } from './models'

const root = '/api/v1'

export interface ReviewPoint {
  readonly text: string
  readonly at_ms: number | null
}

export interface Review {
  readonly id: string
  readonly version: number
  readonly verdict: 'waiting' | 'approved' | 'sent_back' | 'taken_back'
  readonly asked_by_name: string | null
  readonly asked_utc_ms: number | null
  readonly reviewer: string | null
  readonly reviewer_name: string | null
  readonly reviewed_utc_ms: number | null
  readonly comment: string
  readonly points: readonly ReviewPoint[]
}

export interface Release {
  readonly version: number
  readonly title: string
  readonly duration_ms: number
  readonly reviewed_by_name: string | null
  readonly published_by_name: string | null
  readonly published_utc_ms: number
  readonly replaced_utc_ms: number | null
}

export interface Judgement {
  readonly version: number
  readonly approve: boolean
  readonly comment: string
  readonly points: readonly ReviewPoint[]
  readonly publish: boolean
}

export interface SeriesItem {
  readonly medium: 'replay' | 'microcourse'
  readonly id: string
  readonly title: string
  readonly duration_ms: number
  readonly thumbnail_url: string | null
  /** False: learners do not see it. */
  readonly shown: boolean
  readonly coverage: number
  readonly completed: boolean
  readonly renewed: boolean
}

export interface Series {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly shown: boolean
  readonly version: number
  readonly cover_url: string | null
  readonly items: readonly SeriesItem[]
  readonly done: number
  readonly duration_ms: number
  readonly next: { readonly medium: SeriesItem['medium']; readonly id: string } | null
  readonly begun: boolean
  /** Whoever it is for is to watch all of it, until `due_utc_ms` (null: nobody said). */
  readonly required: boolean
  readonly due_utc_ms: number | null
}

export interface SeriesChange {
  readonly version: number
  readonly title: string
  readonly description: string
  readonly shown: boolean
  readonly items: readonly { readonly medium: SeriesItem['medium']; readonly id: string }[]
  readonly required: boolean
  readonly due_utc_ms: number | null
}

export interface ReplayWindow {
  readonly own: boolean
  readonly from_utc_ms: number | null
  readonly to_utc_ms: number | null
}

export interface CatalogueTerms {
  readonly review_needed: boolean
  readonly replay_days: number | null
}

export type ShelfKind = 'replay' | 'microcourse' | 'series'

/** Where the words that were looked for stand; `marks` are [from, to) of `text`, counted in characters, not in UTF-16 units. */
export interface FoundPlace {
  readonly field: 'title' | 'tag' | 'category' | 'series' | 'presenter' | 'description' | 'chapter' | 'caption'
  readonly text: string
  readonly at_ms: number | null
  readonly marks: readonly (readonly [number, number])[]
}

export interface LibraryItem {
  readonly medium: ShelfKind
  readonly id: string
  readonly title: string
  readonly duration_ms: number
  readonly thumbnail_url: string | null
  readonly coverage: number
  readonly done: number
  readonly of: number
  readonly category_id: string | null
  readonly tags: readonly { readonly id: string; readonly name: string }[]
  /** The asker is to watch it, until `due_utc_ms` (null: nobody said). */
  readonly required: boolean
  readonly due_utc_ms: number | null
  readonly shown_utc_ms: number
  readonly found: FoundPlace | null
}

/** Something that one has to watch; `done` of `of` is completed, `share` (0 to 1) is watched. */
export interface Due extends Pick<LibraryItem, 'medium' | 'id' | 'title' | 'duration_ms' | 'thumbnail_url' | 'due_utc_ms' | 'done' | 'of'> {
  readonly share: number
}

export interface Dues {
  readonly items: readonly Due[]
  readonly now_utc_ms: number
  /** Of so many lessons it is not counted yet that one was there: their replays stand here as not watched live. */
  readonly uncounted: number
}

export interface Category {
  readonly id: string
  readonly parent_id: string | null
  readonly name: string
  readonly depth: number
  readonly media: number
}

export interface Tag {
  readonly id: string
  readonly name: string
  readonly media: number
}

export interface AudienceTarget {
  readonly kind: 'department' | 'person' | 'lesson'
  readonly id: string
  /** Empty: it does not exist any more. */
  readonly name: string
}

export interface ShelfSettings {
  readonly description: string
  readonly category_id: string | null
  readonly tags: readonly string[]
  readonly targets: readonly AudienceTarget[]
}

/** Where a medium is watched; `atMs` of it, if that is what was found. */
export function watchPath(item: { readonly medium: ShelfKind; readonly id: string }, atMs: number | null = null): string {
  const path = { replay: 'replay', microcourse: 'watch', series: 'series' }[item.medium]
  return `/${path}/${item.id}${atMs === null ? '' : `?t=${Math.floor(atMs / 1000)}`}`
}

/** The moment that an address names (`?t=` in seconds), in milliseconds; null if it names none inside. */
export function momentOf(t: unknown, durationMs: number): number | null {
  const ms = typeof t === 'string' && /^\d{1,6}$/.test(t) ? Number(t) * 1000 : null
  return ms !== null && ms < durationMs ? ms : null
}

const asked = (filter: Readonly<Record<string, string | null>>): string => new URLSearchParams(Object.entries(filter).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString()

export const library = {
  terms: () => request<CatalogueTerms>('GET', `${root}/catalogue-terms`),
  setTerms: (terms: CatalogueTerms) => request<CatalogueTerms>('PUT', `${root}/catalogue-terms`, { body: terms }),
  window: (replay: string) => request<ReplayWindow>('GET', `${root}/replays/${replay}/window`),
  setWindow: (replay: string, window: ReplayWindow) => request<ReplayWindow>('PUT', `${root}/replays/${replay}/window`, { body: window }),
  allSeries: (filter: { q: string; cursor: string | null }) => request<Page<Series>>('GET', `${root}/series?${asked(filter)}`),
  series: (id: string) => request<Series>('GET', `${root}/series/${id}`),
  createSeries: (title: string) => request<Series>('POST', `${root}/series`, { body: { title } }),
  changeSeries: (id: string, change: SeriesChange) => request<Series>('PUT', `${root}/series/${id}`, { body: change }),
  deleteSeries: (id: string) => request<null>('DELETE', `${root}/series/${id}`),

  /** What is still to be watched, the most urgent first, then some of what is done; the moment by the server's clock. */
  dues: () => request<Dues>('GET', `${root}/my/dues`),
  find: (filter: { q: string; kind: string; category: string; tags: string; kept: string; cursor: string | null }) => request<Page<LibraryItem>>('GET', `${root}/library?${asked(filter)}`),
  categories: () => request<{ readonly items: readonly Category[] }>('GET', `${root}/categories`),
  addCategory: (name: string, parent: string | null) => request<{ readonly items: readonly Category[] }>('POST', `${root}/categories`, { body: { name, parent_id: parent } }),
  changeCategory: (id: string, change: { name: string; parent_id: string | null; position?: number }) => request<{ readonly items: readonly Category[] }>('PUT', `${root}/categories/${id}`, { body: change }),
  deleteCategory: (id: string) => request<{ readonly items: readonly Category[] }>('DELETE', `${root}/categories/${id}`),
  tags: (q = '') => request<{ readonly items: readonly Tag[] }>('GET', `${root}/tags?${asked({ q })}`),
  renameTag: (id: string, name: string, merge: boolean) => request<{ readonly items: readonly Tag[] }>('PUT', `${root}/tags/${id}`, { body: { name, merge } }),
  deleteTag: (id: string) => request<null>('DELETE', `${root}/tags/${id}`),
  shelf: (medium: ShelfKind, id: string) => request<ShelfSettings>('GET', `${root}/shelf/${medium}/${id}`),
  setShelf: (medium: ShelfKind, id: string, settings: ShelfSettings) => request<ShelfSettings>('PUT', `${root}/shelf/${medium}/${id}`, { body: settings }),
  reread: () => request<{ readonly waiting: number }>('POST', `${root}/library/reread`),
  departments: () => request<{ readonly items: readonly { readonly id: string; readonly name: string }[] }>('GET', `${root}/departments`),
  people: async (q: string) => (await request<Page<FoundPerson>>('GET', `${root}/people?${asked({ q, limit: '20' })}`)).items,
  lessons: (q: string) => request<Page<{ readonly id: string; readonly title: string }>>('GET', `${root}/sessions?${asked({ q })}`),

  microcourses: (filter: { state: string; cursor: string | null }) =>
    request<Page<Microcourse>>('GET', `${root}/microcourses?${asked(filter)}`),
  /** The version in work, if one is named; else what can be watched. */
  microcourse: (id: string, version?: number) => request<Microcourse>('GET', `${root}/microcourses/${id}${version === undefined ? '' : `?version=${version}`}`),
  history: (id: string) => request<{ readonly reviews: readonly Review[]; readonly versions: readonly Release[] }>('GET', `${root}/microcourses/${id}/reviews`),
  reviewers: () => request<{ readonly items: readonly { readonly id: string; readonly name: string }[] }>('GET', `${root}/reviewers`),
  askReview: (id: string, reviewer: string | null) => request<Microcourse>('POST', `${root}/microcourses/${id}/ask-review`, { body: { reviewer } }),
  judge: (id: string, judgement: Judgement) => request<Microcourse>('POST', `${root}/microcourses/${id}/review`, { body: judgement }),
  act: (id: string, what: 'take-back' | 'publish' | 'retire') => request<Microcourse>('POST', `${root}/microcourses/${id}/${what}`, { body: {} }),
}
