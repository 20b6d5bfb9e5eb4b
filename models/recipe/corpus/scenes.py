"""More caption vocabulary: scenes, textures, production words and part descriptions, by energy level."""


def _w(text):
    return [w.strip() for w in text.split(",")]


PLACE = {
    "high": _w("arena, speedway, battlefield, volcano, rooftop chase, stadium, carnival, thunderstorm, rollercoaster, fortress, dragon lair, space battle, nightclub, skatepark, motorway, tournament, waterfall, parade, arcade, cavalry charge, asteroid field, "
               "bullet train, fireworks show, pirate attack, rocket launch, boxing ring, ski slope, cannon fire, hacker duel, prison break, stampede, tornado, zombie outbreak, mech hangar, dance battle, rave, city marathon, bull ring, jet fighter, laser maze"),
    "mid": _w("market, harbour, train station, diner, bazaar, subway, boulevard, workshop, vineyard, plaza, garden party, bookshop, airport, orchard, museum, village square, canal, kitchen, bicycle ride, ferry, hotel lobby, tavern, laboratory, observatory, "
              "picnic, rooftop bar, coral reef, desert caravan, jungle trail, clock tower, toy factory, circus tent, barbershop, record store, sailing boat, bakery, metro, aquarium, playground, motel, border town, river cruise, wizard school, spaceport, sand dunes"),
    "low": _w("lighthouse, cathedral, library, monastery, cemetery, glacier, meadow, attic, moonlit lake, greenhouse, temple, ruin, island, winter cabin, hospital corridor, valley, chapel, nursery, seashore, swamp, planetarium, night train, old theatre, bamboo grove, "
              "tundra, fireplace, balcony, empty classroom, tea house, crypt, riverbank, hillside, fog bank, ghost town, cave, orphanage, space station, deep ocean, hot spring, hammock, autumn park, misty mountain, quiet suburb, snowy rooftop, waiting room"),
}
PLACE_ADJ = _w("ancient, abandoned, crowded, foggy, frozen, golden, haunted, hidden, neon-lit, rusty, sunlit, windy, secret, tiny, enormous, floating, flooded, forgotten, glowing, magical, mechanical, overgrown, rainy, royal, sandy, silver, snowy, starlit, stormy, "
              "tropical, underground, futuristic, rural, urban, enchanted, burning, crystal, dusty, emerald, crimson, medieval, Martian, coastal, northern, southern, eastern, desolate, busy, lazy, imaginary, crumbling, velvet, twilight, midnight, early morning")
MEDIA = _w("video game, indie film, commercial, podcast, documentary, TikTok clip, vlog, trailer, cartoon, anime opening, stage play, radio jingle, slideshow, wedding video, mobile game, puzzle game, racing game, strategy game, role-playing game, visual novel, "
          "stealth mission, cut-scene, loading screen, title screen, inventory screen, credits roll, news report, nature film, cooking show, quiz show, school project, livestream, product demo, travelogue, short film, silent movie, audiobook, museum exhibit, theme park ride, app intro")
TEXTURE = {
    "high": _w("punchy, crunchy, searing, thunderous, blistering, thumping, hard-hitting, massive, roaring, banging, explosive, dense, loud, pounding, razor-sharp, saturated, muscular, scorching, turbocharged, raw, wild, slamming, electrifying"),
    "mid": _w("crisp, rounded, polished, tight, elastic, bubbly, snappy, rubbery, silky, sparkling, syncopated, springy, tasty, textured, percussive, mellow, woody, grainy, dry, swaying, loping, gliding, interlocking, colourful, understated"),
    "low": _w("hazy, velvety, washed-out, muted, sparse, reverberant, spacious, faded, blurry, feathery, hushed, minimal, shimmering, suspended, thin, translucent, whispering, glassy, distant, floating, smooth, slow-burning, bare, crackling, frosted"),
}
MOMENT = _w("early morning, breakfast, lunch break, afternoon tea, golden hour, dusk, midnight, 3 am, New Year's Eve, Halloween, Christmas, spring cleaning, summer holidays, autumn leaves, the first snow, a heat wave, Monday morning, Friday night, Sunday brunch, a birthday, "
           "graduation day, a first date, a break-up, homesickness, moving house, waiting for a bus, falling asleep, waking up, washing dishes, gardening, painting, knitting, drawing, sketching, jogging, stretching, weightlifting, cycling, swimming, surfing, climbing, "
           "hiking, fishing, driving home, flying a kite, writing a letter, solving puzzles, playing chess, debugging, doing taxes, babysitting, unboxing, window shopping, people watching, storytelling, time travel, a magic trick, a mystery, a duel, a reunion, a funeral, a coronation")
AUDIENCE = _w("kids, teenagers, gamers, dancers, runners, students, coders, travellers, dreamers, lovers, skaters, bikers, pirates, robots, wizards, detectives, astronauts, cowboys, knights, elves, cats, grandparents, commuters, chefs, gardeners, night owls, insomniacs, sailors, spies, clowns")
WEATHER = _w("sunshine, drizzle, thunder, fog, snowfall, moonlight, starlight, candlelight, neon, smoke, dust, sea breeze, rain, frost, northern lights, haze, lightning, sandstorm, first light, shadows, embers, fireflies, falling petals, waves")
LIKE = _w("sounds like, feels like, evokes, reminiscent of, brings to mind, paints a picture of, has the air of, suggests, imagine, think of")
MELODY_WORD = _w("tune, melody, theme, hook, line, motif, lead, refrain, topline, solo")
DRUM_WORD = _w("beat, groove, rhythm, pulse, drum pattern, backbeat, percussion")
CALL = _w("make me, give me, play, write, compose, I need, generate, looking for, can you do, let's hear, create, please make")
