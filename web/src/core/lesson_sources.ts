/**
 * Which files a page plays. One picture where the finished ladder is there and the page is a microcourse's or small: its sizes
 * follow the line, and picture and sound are one programme. Both pictures of a lesson beside each other otherwise.
 */
import type { TimedPicture } from './replay_layout'
import { wayToPlay, type Abilities } from './ways_to_play'

export interface Picture extends TimedPicture {
  readonly url: string
}

/** The addresses of a finished medium: picture with sound, sound alone. */
export interface Finished {
  readonly master_url: string
  readonly sound_url: string
}

export interface LessonSources {
  readonly videos: readonly Picture[]
  /** The sound that leads; null: the picture has it. */
  readonly audio: string | null
  /** What "sound only" plays; null: cannot be offered. */
  readonly soundOnly: string | null
}

export const NO_SOURCES: LessonSources = { videos: [], audio: null, soundOnly: null }

interface Recorded {
  readonly videos: readonly Picture[]
  readonly audio_url: string | null
  readonly ladder: Finished | null
  readonly download: { readonly url: string | null }
}

export function replaySources(found: Recorded, onePicture: boolean, abilities: Abilities): LessonSources {
  const file = found.download.url
  if (file !== null && wayToPlay(abilities, true) === 'file') return oneProgramme('screen', file, null)
  if (!onePicture || !found.ladder) return { videos: found.videos, audio: found.audio_url, soundOnly: found.audio_url }
  const source = found.videos.some((video) => video.source === 'screen') ? 'screen' : 'camera'
  return oneProgramme(source, found.ladder.master_url, found.audio_url === null ? null : found.ladder.sound_url)
}

/** A microcourse that was cut before there were ladders plays its MP4. */
export function microcourseSources(found: { readonly video_url: string | null; readonly ladder: Finished | null }, abilities: Abilities): LessonSources {
  const plainFile = found.video_url !== null && wayToPlay(abilities, true) === 'file'
  if (found.ladder && !plainFile) return oneProgramme('screen', found.ladder.master_url, found.ladder.sound_url)
  return found.video_url === null ? NO_SOURCES : oneProgramme('screen', found.video_url, null)
}

function oneProgramme(source: 'screen' | 'camera', url: string, soundOnly: string | null): LessonSources {
  return { videos: [{ source, url, spans: [] }], audio: null, soundOnly }
}
