"""Short lessons in five languages, each with headings, definitions, a list and questions of its own."""

COURSES: dict[str, dict[str, str]] = {
    "en": {
        "rivers.md": """# Rivers

## Lesson 1: How a river begins

A **spring** is a place where groundwater comes to the surface. Most rivers begin at a spring or at the edge of a glacier. The first stretch is steep and narrow.

## Lesson 2: Erosion

**Erosion** is the wearing away of rock and soil by moving water. Fast water carries sand and pebbles that grind the bed deeper. For example, the Colorado has cut the Grand Canyon over six million years.

The drawback of straightening a river is that the water runs faster and erodes more.

## Lesson 3: Meanders

A **meander** is a bend that a river makes on flat land. On the outside of the bend the water is fast and takes soil away; on the inside it is slow and lets it fall.

An **oxbow lake** is a meander that was cut off from the river. It fills with mud and becomes a meadow.

## Review questions

1. Where do most rivers begin?
2. What is an oxbow lake?
""",
    },
    "de": {
        "vulkane.md": """# Vulkane

## Lektion 1: Wie Vulkane entstehen

**Magma** ist geschmolzenes Gestein unter der Erdoberfläche. Es steigt auf, weil es leichter ist als das Gestein ringsum. Wo zwei Platten auseinanderdriften, findet es am leichtesten einen Weg nach oben.

## Lektion 2: Schildvulkane

Ein **Schildvulkan** ist ein flacher Berg aus dünnflüssiger Lava. Die Lava fließt weit, bevor sie erstarrt. Ein Beispiel ist der Mauna Loa auf Hawaii.

## Lektion 3: Schichtvulkane

Ein **Schichtvulkan** ist ein steiler Kegel aus Lava und Asche. Seine Lava ist zäh und verstopft den Schlot. Der Nachteil für die Anwohner: Schichtvulkane brechen selten, aber heftig aus.

## Lektion 4: Vorhersage

Kleine Erdbeben kündigen einen Ausbruch an. Auch austretende Gase werden gemessen. Eine sichere Vorhersage gibt es nicht.

## Fragen

1. Warum steigt Magma auf?
2. Was kündigt einen Ausbruch an?
""",
    },
    "fr": {
        "plantes.md": """# Les plantes

## Leçon 1 : La photosynthèse

La **photosynthèse** est la fabrication de sucre par les feuilles grâce à la lumière. Elle consomme du dioxyde de carbone et libère de l'oxygène. Elle s'arrête la nuit, parce qu'il n'y a plus de lumière.

## Leçon 2 : Les racines

Les racines puisent l'eau et les sels minéraux dans le sol. Par exemple, les racines d'un chêne descendent à plus de cinq mètres.

## Leçon 3 : La pollinisation

La **pollinisation** est le transport du pollen d'une fleur à une autre. Les abeilles en assurent la plus grande part. Le vent le fait aussi, mais il perd presque tout le pollen : c'est son inconvénient.

## Questions

1. Pourquoi la photosynthèse s'arrête-t-elle la nuit ?
2. Qui transporte le pollen ?
""",
    },
    "es": {
        "planetas.md": """# Los planetas

## Lección 1: Los planetas rocosos

Un **planeta rocoso** es un planeta con superficie sólida. Mercurio, Venus, la Tierra y Marte son rocosos. Venus es el más caliente porque su atmósfera retiene el calor.

## Lección 2: Los gigantes gaseosos

Un **gigante gaseoso** es un planeta grande hecho sobre todo de hidrógeno y helio. Júpiter es el mayor de todos. Saturno tiene anillos de hielo y polvo.

## Lección 3: Las lunas

Una **luna** es un cuerpo que gira alrededor de un planeta. Por ejemplo, Europa gira alrededor de Júpiter y esconde un océano bajo el hielo.

## Preguntas

1. ¿Por qué Venus es el planeta más caliente?
2. ¿De qué están hechos los anillos de Saturno?
""",
    },
    "zh": {
        "水循环.md": """# 水循环

## 第一课：蒸发

**蒸发**是水变成水蒸气的过程。太阳的热量使海水蒸发。温度越高，蒸发越快。

## 第二课：凝结

**凝结**是水蒸气变成小水滴的过程。水蒸气上升后变冷，形成云。例如，冬天窗户上的水珠就是凝结形成的。

## 第三课：降水

**降水**是水从云中落到地面的过程。降水包括雨、雪和冰雹。降水太多的坏处是会引起洪水。

## 思考题

1. 为什么海水会蒸发？
2. 降水包括哪些形式？
""",
    },
}

# what was asked before, what is asked now, whether the second needs the first
FOLLOW_UPS: dict[str, list[tuple[str, str, bool]]] = {
    "en": [
        ("What is a meander?", "why?", True),
        ("What is erosion?", "an example?", True),
        ("What is a meander?", "what happens to it when it is cut off?", True),
        ("What is erosion?", "and what about springs?", False),
        ("What is a spring?", "What is an oxbow lake?", False),
        ("What is a spring?", "the drawback of straightening a river", False),
    ],
    "de": [
        ("Was ist Magma?", "und warum steigt es auf?", True),
        ("Was ist ein Schildvulkan?", "zum Beispiel?", True),
        ("Was ist ein Schichtvulkan?", "und der Nachteil?", True),
        ("Was ist ein Schildvulkan?", "mehr dazu", True),
        ("Was ist Magma?", "Was ist ein Schichtvulkan?", False),
        ("Was ist Magma?", "Wie kündigt sich ein Ausbruch an?", False),
        ("Was ist ein Schildvulkan?", "und was ist mit Schichtvulkanen?", False),
    ],
    "fr": [
        ("Qu'est-ce que la photosynthèse ?", "pourquoi s'arrête-t-elle la nuit ?", True),
        ("Qu'est-ce que la pollinisation ?", "et l'inconvénient du vent ?", True),
        ("À quoi servent les racines ?", "un exemple ?", True),
        ("Qu'est-ce que la photosynthèse ?", "À quoi servent les racines ?", False),
        ("Qu'est-ce que la photosynthèse ?", "et la pollinisation ?", False),
    ],
    "es": [
        ("¿Qué es un planeta rocoso?", "¿y cuál es el más caliente?", True),
        ("¿Qué es una luna?", "¿un ejemplo?", True),
        ("¿Qué es un gigante gaseoso?", "¿y el mayor?", True),
        ("¿Qué es un planeta rocoso?", "¿De qué están hechos los anillos de Saturno?", False),
        ("¿Qué es un planeta rocoso?", "¿y qué es una luna?", False),
    ],
    "zh": [
        ("什么是蒸发？", "为什么？", True),
        ("什么是凝结？", "举个例子", True),
        ("什么是降水？", "有什么坏处？", True),
        ("什么是蒸发？", "什么是降水？", False),
        ("什么是蒸发？", "那么凝结呢？", False),
    ],
}
