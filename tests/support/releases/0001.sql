-- What an installation of the first release (schema 0001) holds: one wave that was sent, answered and refused.
INSERT INTO account (external_id, name, name_key, annual_value, currency) VALUES ('A1', 'Example Works', 'example works', 1000000, 'USD');
INSERT INTO contact (account_id, external_id, first_name, email, email_key, level, status) VALUES
    (1, 'C1', 'Robin', 'robin@works.example', 'robin@works.example', 'decision_maker', 'active'),
    (1, 'C2', 'Kim', 'kim@works.example', 'kim@works.example', 'influencer', 'opted_out'),
    (1, 'C3', 'Sam', 'sam@works.example', 'sam@works.example', 'user', 'suppressed');
INSERT INTO suppression (email_key, reason, detail) VALUES ('kim@works.example', 'unsubscribed', 'invitation 2');
INSERT INTO campaign (name, survey_key, quota) VALUES ('Relationship programme', 'relationship_nps', '{"rows": [["1", 3]], "cap": 18}');
INSERT INTO survey_version (key, version, definition) VALUES ('relationship_nps', 1, '{
 "key": "relationship_nps",
 "title": {
  "en": "Relationship NPS",
  "de": "Beziehungs-NPS"
 },
 "metric": "nps",
 "languages": [
  "en",
  "de"
 ],
 "default_language": "en",
 "questions": {
  "greeting": {
   "en": [
    "Hello {first_name}, thank you for your time.",
    "Thank you for your time."
   ],
   "de": [
    "Guten Tag {first_name}, danke für Ihre Zeit.",
    "Guten Tag und danke für Ihre Zeit."
   ]
  },
  "score": {
   "text": {
    "en": "How likely are you to recommend {company} to a colleague or business partner?",
    "de": "Wie wahrscheinlich ist es, dass Sie {company} an Kollegen oder Geschäftspartner weiterempfehlen?"
   },
   "low": {
    "en": "Not at all likely",
    "de": "Gar nicht wahrscheinlich"
   },
   "high": {
    "en": "Extremely likely",
    "de": "Äußerst wahrscheinlich"
   }
  },
  "reasons": {
   "promoter": {
    "en": "What would you particularly recommend?",
    "de": "Was würden Sie besonders weiterempfehlen?"
   },
   "passive": {
    "en": "What should we improve first?",
    "de": "Was sollten wir zuerst verbessern?"
   },
   "detractor": {
    "en": "What should we improve first?",
    "de": "Was sollten wir zuerst verbessern?"
   }
  },
  "drivers": [
   {
    "key": "product",
    "label": {
     "en": "Product and quality",
     "de": "Produkt und Qualität"
    },
    "drivers": [
     {
      "key": "reliability",
      "label": {
       "en": "Reliability",
       "de": "Zuverlässigkeit"
      }
     },
     {
      "key": "functions",
      "label": {
       "en": "What it can do",
       "de": "Funktionsumfang"
      }
     },
     {
      "key": "ease_of_use",
      "label": {
       "en": "Ease of use",
       "de": "Einfache Bedienung"
      }
     },
     {
      "key": "fit",
      "label": {
       "en": "Fit with our systems",
       "de": "Zusammenspiel mit unseren Systemen"
      }
     }
    ]
   },
   {
    "key": "support",
    "label": {
     "en": "Support",
     "de": "Support"
    },
    "drivers": [
     {
      "key": "response_time",
      "label": {
       "en": "Speed of the answer",
       "de": "Reaktionszeit"
      }
     },
     {
      "key": "expertise",
      "label": {
       "en": "Expertise",
       "de": "Fachwissen"
      }
     },
     {
      "key": "solution",
      "label": {
       "en": "Quality of the solution",
       "de": "Qualität der Lösung"
      }
     },
     {
      "key": "friendliness",
      "label": {
       "en": "Friendliness",
       "de": "Freundlichkeit"
      }
     }
    ]
   },
   {
    "key": "account_management",
    "label": {
     "en": "Account management",
     "de": "Persönliche Betreuung"
    },
    "drivers": [
     {
      "key": "availability",
      "label": {
       "en": "Easy to reach",
       "de": "Erreichbarkeit"
      }
     },
     {
      "key": "understanding",
      "label": {
       "en": "Understanding of our business",
       "de": "Verständnis für unser Geschäft"
      }
     },
     {
      "key": "initiative",
      "label": {
       "en": "Ideas and initiative",
       "de": "Ideen und Initiative"
      }
     },
     {
      "key": "reliability",
      "label": {
       "en": "Keeping promises",
       "de": "Verlässliche Zusagen"
      }
     }
    ]
   },
   {
    "key": "implementation",
    "label": {
     "en": "Implementation and delivery",
     "de": "Einführung und Lieferung"
    },
    "drivers": [
     {
      "key": "planning",
      "label": {
       "en": "Planning",
       "de": "Planung"
      }
     },
     {
      "key": "deadlines",
      "label": {
       "en": "Keeping dates",
       "de": "Termintreue"
      }
     },
     {
      "key": "training",
      "label": {
       "en": "Training",
       "de": "Schulung"
      }
     },
     {
      "key": "documentation",
      "label": {
       "en": "Documentation",
       "de": "Dokumentation"
      }
     }
    ]
   },
   {
    "key": "value",
    "label": {
     "en": "Price and value",
     "de": "Preis und Leistung"
    },
    "drivers": [
     {
      "key": "price",
      "label": {
       "en": "Price",
       "de": "Preisniveau"
      }
     },
     {
      "key": "value_for_money",
      "label": {
       "en": "Value for money",
       "de": "Preis-Leistungs-Verhältnis"
      }
     },
     {
      "key": "terms",
      "label": {
       "en": "Contract terms",
       "de": "Vertragsbedingungen"
      }
     },
     {
      "key": "invoicing",
      "label": {
       "en": "Invoicing",
       "de": "Rechnungsstellung"
      }
     }
    ]
   }
  ],
  "comment": {
   "promoter": {
    "en": "In your own words: what makes the difference for you?",
    "de": "Mit Ihren Worten: Was macht für Sie den Unterschied?"
   },
   "passive": {
    "en": "What is missing for a 10?",
    "de": "Was fehlt noch zu einer 10?"
   },
   "detractor": {
    "en": "What is not going well, and what would help?",
    "de": "Was läuft nicht gut, und was würde helfen?"
   }
  }
 },
 "mail": {
  "subject": {
   "en": "One question about working with {company}",
   "de": "Eine Frage zur Zusammenarbeit mit {company}"
  },
  "preheader": {
   "en": "One number is enough. It takes less than a minute.",
   "de": "Eine Zahl genügt. Es dauert keine Minute."
  },
  "intro": {
   "en": [
    "You work with us at {account}, so you know better than any report how we are really doing. One honest number is all we ask.",
    "You work with us, so you know better than any report how we are really doing. One honest number is all we ask."
   ],
   "de": [
    "Sie arbeiten bei {account} mit uns zusammen und wissen besser als jeder Bericht, wie gut wir wirklich sind. Eine ehrliche Zahl genügt uns.",
    "Sie arbeiten mit uns zusammen und wissen besser als jeder Bericht, wie gut wir wirklich sind. Eine ehrliche Zahl genügt uns."
   ]
  },
  "greeting": {
   "en": [
    "Hello {first_name},",
    "Hello,"
   ],
   "de": [
    "Guten Tag {first_name},",
    "Guten Tag,"
   ]
  },
  "closing": {
   "en": "Thank you, and best regards",
   "de": "Vielen Dank und beste Grüße"
  },
  "button": {
   "en": "Answer in the browser",
   "de": "Im Browser antworten"
  },
  "reminders": [
   {
    "subject": {
     "en": "A reminder: one question about working with {company}",
     "de": "Zur Erinnerung: eine Frage zur Zusammenarbeit mit {company}"
    },
    "preheader": {
     "en": "One number is enough. It takes less than a minute.",
     "de": "Eine Zahl genügt. Es dauert keine Minute."
    },
    "intro": {
     "en": [
      "Our question may have reached you at a busy moment, so here it is once more. We ask only a few people at {account}, so your answer carries weight.",
      "Our question may have reached you at a busy moment, so here it is once more. We ask only a few people, so your answer carries weight."
     ],
     "de": [
      "vielleicht kam unsere Frage ungelegen, darum stellen wir sie noch einmal. Wir fragen bei {account} nur wenige Menschen, und Ihre Antwort hat deshalb Gewicht.",
      "vielleicht kam unsere Frage ungelegen, darum stellen wir sie noch einmal. Wir fragen nur wenige Menschen, und Ihre Antwort hat deshalb Gewicht."
     ]
    }
   },
   {
    "subject": {
     "en": "We ask one last time: how is it to work with {company}?",
     "de": "Wir fragen ein letztes Mal: Wie arbeitet es sich mit {company}?"
    },
    "preheader": {
     "en": "One number is enough. After this we leave you in peace.",
     "de": "Eine Zahl genügt. Danach lassen wir Sie in Ruhe."
    },
    "intro": {
     "en": "This is our last reminder in this round. If you have half a minute, one number is enough; if not, simply delete this mail.",
     "de": "dies ist unsere letzte Erinnerung in dieser Runde. Wenn Sie eine halbe Minute haben, genügt eine Zahl; wenn nicht, löschen Sie diese Mail einfach."
    }
   }
  ]
 },
 "thanks": {
  "promoter": {
   "en": [
    "Thank you, {first_name}. We will pass this on to the people who earned it.",
    "Thank you. We will pass this on to the people who earned it."
   ],
   "de": [
    "Danke, {first_name}. Wir geben das an die Menschen weiter, die es verdient haben.",
    "Danke. Wir geben das an die Menschen weiter, die es verdient haben."
   ]
  },
  "passive": {
   "en": [
    "Thank you, {first_name}. Now we know better where to start.",
    "Thank you. Now we know better where to start."
   ],
   "de": [
    "Danke, {first_name}. Jetzt wissen wir besser, wo wir anfangen.",
    "Danke. Jetzt wissen wir besser, wo wir anfangen."
   ]
  },
  "detractor": {
   "en": [
    "Thank you for being frank, {first_name}. We are sorry that we fell short, and we will look into it.",
    "Thank you for being frank. We are sorry that we fell short, and we will look into it."
   ],
   "de": [
    "Danke für Ihre Offenheit, {first_name}. Es tut uns leid, dass wir Sie enttäuscht haben; wir gehen dem nach.",
    "Danke für Ihre Offenheit. Es tut uns leid, dass wir Sie enttäuscht haben; wir gehen dem nach."
   ]
  }
 }
}');
INSERT INTO wave (campaign_id, key, name, state, survey_version_id, quota, planned_for, ends_on, planned_at, launched_at)
    VALUES (1, 'q3', 'Q3 2026', 'running', 1, '{"rows": [["1", 3]], "cap": 18}', current_date, current_date + 30, now(), now());
INSERT INTO wave_account VALUES (1, 1, 1000000, 3, 1, 1, 1, 1, 1, 1, 0, 0, 3, false);
INSERT INTO decision (wave_id, account_id, contact_id, level, seat, reason, rank) VALUES
    (1, 1, 1, 'decision_maker', 'level', NULL, 1),
    (1, 1, 2, 'influencer', 'level', NULL, 1),
    (1, 1, 3, 'user', NULL, 'suppressed', NULL);
INSERT INTO invitation (wave_id, account_id, contact_id, level, turn, closes_on, sent_at, answered_at, completed_at, refused_at) VALUES
    (1, 1, 1, 'decision_maker', 1, current_date + 30, now(), now(), now(), NULL),
    (1, 1, 2, 'influencer', 2, current_date + 30, now(), NULL, NULL, now());
INSERT INTO message (invitation_id, wave_id, account_id, recipient, state, due_at, attempt_id, claimed_at, sent_at, provider_id) VALUES
    (1, 1, 1, 'robin@works.example', 'sent', now(), gen_random_uuid(), now(), now(), 'outbox-1'),
    (2, 1, 1, 'kim@works.example', 'sent', now(), gen_random_uuid(), now(), now(), 'outbox-2');
INSERT INTO response (invitation_id, wave_id, account_id, contact_id, level, survey_version_id, state, score, drivers, comment, language)
    VALUES (1, 1, 1, 1, 'decision_maker', 1, 'complete', 9, '["support", "support/response_time"]', 'You answer within the hour.', 'en');
INSERT INTO response_revision (invitation_id, account_id, said, language) VALUES
    (1, 1, '{"score": 9, "drivers": [], "comment": null, "complete": false}', 'en'),
    (1, 1, '{"score": 9, "drivers": ["support", "support/response_time"], "comment": "You answer within the hour.", "complete": true}', 'en');
