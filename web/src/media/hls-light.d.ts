/** The light build has the full build's interface without subtitles, alternate audio and DRM. */
declare module 'hls.js/light' {
  export { default } from 'hls.js'
}
