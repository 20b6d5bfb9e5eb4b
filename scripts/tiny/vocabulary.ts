/**
 * Words that the tiny packages know.
 *
 * @module
 */

/** Tokens that stand for no word; their ids are their places. */
export const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

/** Lower-case words, in the order of their ids. */
export const WORDS: readonly string[] = `
0 1 2 3 4 5 6 7 8 9 60 64 70 72 75 80 84 85 90 92 95 96 100 104 105 108 110 112
115 116 118 120 122 124 125 126 128 130 132 135 138 140 144 145 150 155 160 165
170 172 174 175 180 a an and at bpm but by for from in into is it like no not of
on or over the then to under very with without
80s 90s acid acoustic afrobeat air airy ambient analog angry anthem anxious
arpeggio arpeggiated arcade atmospheric background ballad banjo baroque bass
bassline battle beach beat beats bell bells big bird birds bittersweet bleak
blues bluesy boat bongos boom bossa boss bounce bouncy brass break breakbeat
breaks bright brooding brushed build busy cafe calm campfire celesta cello chant
chase cheerful chill chillout chimes chip chiptune choir chord chords chorus
christmas chugging church cinematic city clap claps clarinet classical clavinet
clean climax club coffee cold congas contemplative cool cosmic country cozy crash
crisp crunchy cymbal cymbals dance dancing dark dawn deep delay delicate dense
desert dirty disco distorted dream dreamy drifting driving drone drop drum drums
drummer dub dubstep dusk dusty eastern echo edm eerie electric electro electronic
elegant emotional energetic energy epic ethereal evening expressive exotic fall
fantasy fast festival festive fiddle fight film fire flamenco floating flowing
flute focus folk forest fragile french funk funky fusion futuristic game garage
gentle ghostly glitch glockenspiel gong gospel grand gritty groove groovy grunge
guitar guitars hammond happy hard hardcore harmonica harmony harp harpsichord
haunting heavy heroic hi hat hats hip hop hiphop holiday hopeful horn horns horror
hot house hymn hypnotic icy indie industrial intense intimate intro ireland irish
jam japan jazz jazzy jingle journey joyful jungle kalimba kick klezmer koto latin
lazy lead light lively lo fi lofi lonely loop lounge loud love lullaby lush lute
machine magic magical major mallet mandolin march marimba mechanical medieval
meditation meditative melancholic melancholy mellow melodic melody metal
metallic midnight military minimal minor modal modern mood moody morning
motown mountain mournful movie muffled music muted mysterious mystery
mystical nature neon new night noble noir noise noisy nostalgic nu oboe ocean old
orchestra orchestral organ outro pad pads party pastoral peaceful pensive
percussion percussive phrygian piano picked pizzicato playful pluck plucked pop
post power powerful prayer progressive psychedelic pulse pulsing punchy punk
quick quiet quirky racing ragtime rain rainy rap rave ready reflective reggae
reggaeton relaxed relaxing restless retro reverb rhodes rhythm rhythmic ride riff
rising river road rock rolling romantic rough rumba sad salsa samba sax saxophone
scary sci score sea serene shaker sharp shimmering short shuffle sitar ska slap
sleep sleepy slide slow smoky smooth snare snappy snow soaring soft solemn solo
somber song soothing soul soulful soundtrack space spacey sparse spooky spring
staccato steady steel steppers storm stormy strange street string strings strong
strummed study sub sultry summer sun sunny sunrise sunset surf suspense
suspenseful sweet swelling swing swinging synth synths synthesizer synthwave
tabla tambourine tango tape techno tender tense tension texture theme thick
thoughtful thunder tight timpani tom toms toy trailer train trance tranquil trap
travel tremolo tribal triumphant tropical trumpet trombone tuba twinkling uke
ukulele underwater uneasy upbeat uplifting upright vapor vaporwave vibes
vibraphone vibrant victory viola violin vinyl vintage vocal vocals voice walk
walking waltz war warm water wave western whimsical whistle wide wild wind winter
wistful wonder wood woodwind work workout world xylophone yearning young zen
`.trim().split(/\s+/);
