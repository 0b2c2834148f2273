//! Which table an interface is named after.

/// Words whose plural no rule gives, and words that have none.
const IRREGULAR: [(&str, &str); 27] = [
    ("child", "children"),
    ("criterion", "criteria"),
    ("datum", "data"),
    ("foot", "feet"),
    ("half", "halves"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("man", "men"),
    ("medium", "media"),
    ("mouse", "mice"),
    ("person", "people"),
    ("quiz", "quizzes"),
    ("shelf", "shelves"),
    ("woman", "women"),
    ("echo", "echoes"),
    ("hero", "heroes"),
    ("potato", "potatoes"),
    ("tomato", "tomatoes"),
    ("veto", "vetoes"),
    ("bus", "buses"),
    ("gas", "gases"),
    ("lens", "lenses"),
    ("alias", "aliases"),
    ("canvas", "canvases"),
    ("bias", "biases"),
    ("atlas", "atlases"),
];
const UNCOUNTABLE: [&str; 19] = [
    "children",
    "criteria",
    "data",
    "equipment",
    "feedback",
    "feet",
    "info",
    "information",
    "media",
    "men",
    "metadata",
    "money",
    "news",
    "people",
    "series",
    "software",
    "species",
    "staff",
    "women",
];

/// The table an interface is taken for when the mapping names none: its name in snake case, the last
/// word in the plural (`FollowUp` is `follow_ups`).
pub fn table_name(interface: &str) -> String {
    let mut words = words(interface);
    // `ILead` is `Lead` in another convention
    if words.len() > 1 && words.first().is_some_and(|word| word == "i") {
        words.remove(0);
    }
    if let Some(last) = words.last_mut() {
        *last = plural(last);
    }
    words.join("_")
}

/// `CRMUserProfile` is `crm`, `user`, `profile`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || chars.get(at + 1).is_some_and(|c| c.is_lowercase())
            });
        if (starts || c == '_' || c == '$') && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c != '_' && c != '$' {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn plural(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|end| word.ends_with(end));
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    if UNCOUNTABLE.contains(&word) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("sis") {
        return format!("{stem}ses");
    }
    if ends(&["ss", "us", "x", "z", "ch", "sh"]) {
        return format!("{word}es");
    }
    // what is left on `s` is a plural already
    if word.ends_with('s') {
        return word.to_owned();
    }
    match word.strip_suffix('y') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => {
            format!("{stem}ies")
        }
        _ => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_names_its_table() {
        for (interface, table) in [
            ("Lead", "leads"),
            ("Client", "clients"),
            ("FollowUp", "follow_ups"),
            ("UserProfile", "user_profiles"),
            ("Activity", "activities"),
            ("LeadActivity", "lead_activities"),
            ("DailyReport", "daily_reports"),
            ("Attendance", "attendances"),
            ("Todo", "todos"),
            ("TodoPriority", "todo_priorities"),
            ("PipelineStage", "pipeline_stages"),
            ("NotificationPreferences", "notification_preferences"),
            ("LeadScoringCriteria", "lead_scoring_criteria"),
            ("AdminAudit", "admin_audits"),
            ("Survey", "surveys"),
            ("Address", "addresses"),
            ("LeadStatus", "lead_statuses"),
            ("Box", "boxes"),
            ("Batch", "batches"),
            ("Analysis", "analyses"),
            ("Person", "people"),
            ("SalesPerson", "sales_people"),
            ("CRMUser", "crm_users"),
            ("HTTPRequest", "http_requests"),
            ("IPAddress", "ip_addresses"),
            ("ILead", "leads"),
            ("lead", "leads"),
            ("follow_up", "follow_ups"),
            ("Follow_Up", "follow_ups"),
            ("S3Object", "s3_objects"),
            ("Y", "ys"),
            ("I", "is"),
            ("Ärger", "ärgers"),
            ("_", ""),
            ("", ""),
        ] {
            assert_eq!(table_name(interface), table, "{interface}");
        }
    }
}
