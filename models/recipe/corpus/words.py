"""Word lists for captions: style synonyms, moods, uses, tempo words and instrument phrasings."""


def _w(text):
    return [w.strip() for w in text.split(",")]


STYLE = {k: _w(v) for k, v in {
    "house": "house, deep house, club house, dance music, four on the floor house, uplifting house, disco house, house groove, dance track, electronic dance, garage house, soulful house, filter house, classic Chicago house, EDM",
    "techno": "techno, warehouse techno, minimal techno, Detroit techno, driving techno, acid techno, dark techno, rave, industrial club track, peak-time techno, hypnotic techno, electronic club music, Berlin techno",
    "lo-fi hip hop": "lo-fi hip hop, lofi, lo-fi beats, chillhop, study beats, lofi beat, jazzy hip hop, boom bap, dusty beat, chill beats, instrumental hip hop, bedroom beat, mellow hip hop",
    "ambient": "ambient, ambient music, soundscape, drone, atmospheric music, new age, meditation music, space music, textural ambient, drifting pads, ethereal soundscape, cinematic ambient, sleep music",
    "rock": "rock, rock music, indie rock, guitar rock, classic rock, alternative rock, garage rock, arena rock, pop rock, rock anthem, guitar band, rock and roll, punk rock",
    "funk": "funk, funky groove, funk jam, classic funk, funk rock, disco funk, groove, 70s funk, funky band, party funk, street funk, jazz funk, soul",
    "jazz": "jazz, swing, bebop, cool jazz, jazz combo, jazz quartet, straight-ahead jazz, small group jazz, swing jazz, jazz club music, jazz standard, hard bop, smooth jazz, jazz trio",
    "orchestral": "orchestral, orchestra, classical, symphonic music, film score, cinematic, soundtrack, epic orchestral, cinematic score, chamber orchestra, fantasy score, movie music, trailer music, symphony",
    "synthwave": "synthwave, retrowave, outrun, 80s synth, eighties synth pop, retro synth, neon synthwave, darksynth, dreamwave, analog synth music, vaporwave, electro pop, retro electronic",
    "drum and bass": "drum and bass, dnb, drum'n'bass, liquid drum and bass, jungle, breakbeat, liquid dnb, neurofunk, rolling drum and bass, breaks, atmospheric dnb, d&b",
    "folk": "folk, folk music, acoustic folk, americana, country folk, singer-songwriter, bluegrass, campfire song, roots music, country, acoustic music, indie folk, folk tune, old-time music",
    "chiptune": "chiptune, 8-bit, 8 bit game music, retro game music, NES music, video game music, chip music, arcade music, pixel music, game boy tune, eight-bit soundtrack, bitpop, console game music",
    "bossa nova": "bossa nova, bossa, Brazilian jazz, samba, Latin jazz, Brazilian lounge, lounge music, bossa groove, samba jazz, MPB, Rio lounge, latin",
    "reggae": "reggae, roots reggae, dub, ska, rocksteady, island groove, one drop reggae, Jamaican groove, dub reggae, lovers rock, Caribbean music, dancehall",
    "trap": "trap, trap beat, hip hop beat, dark trap, 808 beat, rap instrumental, melodic trap, trap instrumental, drill, southern hip hop, modern hip hop, hip hop, cloud rap beat",
    "waltz": "waltz, waltz in three, 3/4 waltz, Viennese waltz, ballroom waltz, musette, slow waltz, three-four time, triple metre dance, carousel waltz, old-fashioned waltz, parlour waltz",
    "celtic": "celtic, Irish jig, celtic folk, Irish folk, jig, Scottish folk, pub tune, Irish traditional, 6/8 jig, celtic dance, reel, highland tune, medieval tavern music, fantasy folk",
    "ballad": "ballad, slow ballad, 6/8 ballad, power ballad, soul ballad, love song, slow dance, torch song, doo-wop ballad, piano ballad, romantic ballad, soft rock",
    "metal": "metal, heavy metal, thrash metal, hard rock, metal riff, metalcore, speed metal, heavy guitar music, doom metal, power metal, djent, extreme metal",
    "blues": "blues, blues shuffle, twelve bar blues, 12-bar blues, electric blues, Chicago blues, delta blues, slow blues, blues rock, rhythm and blues, juke joint blues, Texas shuffle",
}.items()}
MOOD = {k: _w(v) for k, v in {
    "bright high": "upbeat, happy, joyful, energetic, euphoric, triumphant, exuberant, festive, cheerful, uplifting, exciting, lively, bouncy, jubilant, celebratory, playful, bold, radiant, feel-good, spirited, optimistic, vibrant",
    "bright mid": "cheerful, warm, sunny, pleasant, hopeful, lighthearted, breezy, friendly, carefree, optimistic, charming, sweet, groovy, inviting, easygoing, bright, nostalgic, whimsical, romantic, confident",
    "bright low": "calm, peaceful, gentle, tender, serene, dreamy, relaxing, soothing, soft, hopeful, warm, tranquil, delicate, cosy, sleepy, airy, intimate, pastoral, quiet, graceful, comforting, weightless",
    "dark high": "dark, intense, aggressive, driving, tense, urgent, fierce, dramatic, relentless, powerful, menacing, gritty, epic, frantic, stormy, heroic, furious, edgy, brooding, defiant, ominous, fiery",
    "dark mid": "moody, mysterious, cool, bittersweet, brooding, smoky, determined, serious, wistful, haunting, nocturnal, shadowy, longing, noir, soulful, suspenseful, sly, restless, pensive, exotic",
    "dark low": "melancholic, sad, lonely, sombre, reflective, haunting, eerie, mournful, dark, contemplative, wistful, desolate, introspective, bleak, spooky, fragile, sorrowful, cold, misty, gloomy, nostalgic, tearful",
}.items()}
USE = {k: _w(v) for k, v in {
    "high": "workout, gym session, boss fight, car chase, party, running, action scene, sports highlights, final battle, night club, racing game, festival, dance floor, opening credits, victory parade, extreme sports video, countdown, montage, battle, chase through the city",
    "mid": "late night drive, road trip, cooking, cafe, shopping, walking in the city, vlog, level select screen, game menu, podcast intro, sunset, summer afternoon, detective story, travel video, product video, coding, platform game, market town, beach bar, card game, heist planning",
    "low": "rainy cafe, studying, sleep, meditation, yoga, reading, rainy night, sad scene, starry sky, candlelit dinner, lonely walk, spa, documentary, sunrise, empty street, bedtime, deep focus, snowfall, farewell, dream sequence, abandoned castle, underwater level, forest at dawn",
}.items()}
USE_STYLE = {k: _w(v) for k, v in {
    "house": "beach club, pool party, fashion show, rooftop party", "techno": "warehouse rave, underground club, robot factory, cyberpunk city",
    "lo-fi hip hop": "study session, rainy window, homework, late night coding, coffee shop", "ambient": "meditation, floating in space, deep sleep, planetarium",
    "rock": "garage band, stadium, highway, skate video", "funk": "street party, cop show, roller disco, dance contest", "jazz": "jazz club, cocktail bar, smoky basement bar, hotel lobby",
    "orchestral": "fantasy adventure, film trailer, royal court, castle, epic journey, fairy tale", "synthwave": "neon city at night, 80s movie, arcade, late night drive, sunset highway",
    "drum and bass": "racing game, skating, night bus, futuristic chase", "folk": "campfire, country road, farm at harvest, barn dance, cabin in the woods", "chiptune": "boss fight, retro platformer, dungeon level, game over screen, level one, world map, 8-bit shop",
    "bossa nova": "beach cafe, hotel lounge, elevator, Rio at sunset, brunch", "reggae": "beach, hammock, island holiday, summer barbecue", "trap": "rap freestyle, street racing, music video, locker room",
    "waltz": "ballroom, carousel, figure skating, music box shop, wedding, Paris street", "celtic": "tavern, medieval village, Irish pub, hobbit feast, sailing ship", "ballad": "slow dance, wedding, prom night, end credits, love scene",
    "metal": "mosh pit, demon battle, monster truck, final boss", "blues": "roadhouse, dusty bar, train ride, swamp at night",
}.items()}
# Names of styles that say a pace as well, with the slowest and the fastest tempo at which they are true.
PACED = {"slow waltz": (0, 110), "slow blues": (0, 90), "slow ballad": (0, 90), "slow dance": (0, 90), "doom metal": (0, 100), "Viennese waltz": (140, 999),
         "thrash metal": (120, 999), "extreme metal": (120, 999), "speed metal": (130, 999), "bebop": (120, 999), "punk rock": (120, 999)}
PACE = ((70, _w("very slow, slow, unhurried, crawling, sleepy-paced")), (88, _w("slow, laid-back, relaxed, downtempo, leisurely, easy-paced")), (108, _w("moderate, mid-tempo, medium, steady, walking pace, strolling")),
        (128, _w("medium-fast, upbeat-tempo, brisk, moving, lively-paced")), (148, _w("fast, quick, up-tempo, brisk, speedy")), (999, _w("very fast, fast, rapid, breakneck, racing, high-speed, frantic-paced")))
# The same paces in words that captions do not use: for the prompt encoder.
TERMS = (_w("largo, lento, glacial, dragging, funereal, as slow as can be"), _w("lazy, at an easy pace, dawdling"), _w("andante, moderato, at walking speed, neither fast nor slow"),
         _w("allegretto, at a good clip, jogging pace, bustling"), _w("allegro, at speed, hurried, at a run, hasty"), _w("presto, prestissimo, at full tilt, flat out, furiously fast, as fast as can be, lightning-fast, hectic"))
ADVERB = _w("with a steady pulse, with plenty of space, full of detail, with a catchy hook, in a tight arrangement, that slowly unfolds, with a simple melody, with rich chords, with a clean mix, played with feeling")
INSTRUMENT = {k: _w(v) for k, v in {
    "grand piano": "piano, grand piano, acoustic piano, keys", "bright piano": "bright piano, piano", "electric piano": "electric piano, Rhodes, Rhodes piano, e-piano", "FM electric piano": "FM electric piano, DX piano, electric piano",
    "honky-tonk piano": "honky-tonk piano, saloon piano", "acoustic guitar": "acoustic guitar, steel-string guitar, strummed guitar", "nylon guitar": "nylon guitar, classical guitar, Spanish guitar", "clean electric guitar": "clean guitar, electric guitar",
    "overdriven guitar": "overdriven guitar, crunchy guitar, electric guitar", "distorted guitar": "distorted guitar, heavy guitar, electric guitar", "muted guitar": "muted guitar, palm-muted guitar, scratch guitar", "jazz guitar": "jazz guitar, hollow-body guitar",
    "upright bass": "upright bass, double bass, acoustic bass", "fingered bass": "bass guitar, electric bass, fingered bass", "picked bass": "picked bass, bass guitar", "fretless bass": "fretless bass", "slap bass": "slap bass, funky slap bass",
    "synth bass": "synth bass", "saw bass": "saw bass, synth bass, analog bass", "sub bass": "sub bass, deep bass", "808 bass": "808 bass, booming 808, 808s", "acid bass": "acid bass, 303 bassline", "reese bass": "reese bass, growling bass", "triangle bass": "triangle bass, 8-bit bass",
    "dub stab": "dub chords, dub techno stab, chord stab", "FM percussion": "FM percussion, metallic blips, bleeps",
    "supersaw": "supersaw, supersaw chords, trance synth", "saw pad": "synth pad, analog pad, saw pad", "glass pad": "glassy pad, shimmering pad", "warm pad": "warm pad, synth pad", "halo pad": "halo pad, airy pad", "space pad": "choir-like pad, space pad", "string ensemble": "strings, string section, violins",
    "slow strings": "slow strings, lush strings", "tremolo strings": "tremolo strings", "pizzicato strings": "pizzicato strings, plucked strings", "synth strings": "synth strings, string machine", "choir": "choir, voices, choral pad", "brass section": "brass, horn section, horns", "synth brass": "synth brass",
    "drawbar organ": "organ, Hammond organ", "percussive organ": "percussive organ, organ", "rock organ": "rock organ, organ", "organ stab": "organ stabs, house organ", "tenor sax": "tenor sax, saxophone, sax", "alto sax": "alto sax, saxophone, sax", "fiddle": "fiddle, folk violin", "whistle": "tin whistle, whistle",
    "bagpipe": "bagpipes", "vibraphone": "vibraphone, vibes", "synth pluck": "synth pluck, plucky synth", "square lead": "square lead, synth lead", "saw lead": "saw lead, lead synth, synth lead", "pulse lead": "pulse wave lead, 8-bit lead", "thin pulse lead": "thin pulse wave, chip lead", "chip arpeggio": "chip arpeggios, fast arpeggio",
    "soft sine lead": "soft sine lead, mellow synth", "sine bell": "bell synth, synth bells, FM bells", "909-style drum machine": "909 drums, drum machine, electronic drums", "808-style drum machine": "808 drums, drum machine, 808 kit", "8-bit noise drums": "noise drums, 8-bit drums", "gated 80s drum machine": "gated drums, 80s drum machine",
    "brushed drum kit": "brushed drums, brushes", "jazz drum kit": "jazz drums, ride cymbal, drums", "acoustic drum kit": "drums, acoustic drums, live drums", "room drum kit": "roomy drums, drums", "power drum kit": "big drums, pounding drums, drums", "electronic drum kit": "electronic drums", "orchestral percussion": "orchestral percussion, timpani and cymbals, percussion",
}.items()}
FEATURE = {
    "dubstab": "dubby chord stabs", "walking": "walking bass", "slap16": "slap bassline", "offbeat": "offbeat bassline", "acid16": "acid bassline", "octave": "octave bassline", "trap808": "sliding low end", "skank": "offbeat skank chords", "chug": "chugging power chords", "travis": "fingerpicking",
    "chiparp": "fast arpeggios", "arp": "arpeggiated chords", "pad": "sustained chords", "charleston": "swinging comping", "oompah": "oom-pah accompaniment", "housepiano": "piano stabs", "spiccato": "short repeated chords", "strum": "strummed chords", "gallop": "galloping riff",
    "bossa": "bossa bass", "boogie": "boogie bassline", "shuffle": "shuffle rhythm", "jig": "jig melody", "ostinato": "repeating ostinato", "run": "running melody lines", "sparse": "sparse melody", "broad": "broad, singing melody", "riff": "catchy riff", "pump16": "pumping sixteenth bass", "drone": "low drone",
}
